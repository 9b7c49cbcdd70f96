import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let asked: Record<string, string>[];
let body: string;
const note = (about: object) => `${JSON.stringify({ export: about })}\n`;
const heading = 'time,type,message,count,id\n';
const csv = `${heading}2026-11-24T08:00:00Z,k8s.request,,,1\n,export,complete,1,\n`;
const events = '{"auditID":"a","cloudEvent":{"id":"1"}}\n{"auditID":"b\u00e9","cloudEvent":{"id":"2"}}\n';

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  body = `${events}${note({ complete: true, events: 2 })}`;
  gateway.override = ({ path: target, query }) => {
    if (!target.endsWith('/audit/export')) return undefined;
    asked.push(Object.fromEntries(query));
    return { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const trail = () => path.join(rig.directory, 'trail');
const left = () => readdirSync(rig.directory).filter((name) => name.startsWith('trail'));

describe('sallyport audit export', () => {
  it('prints the events exactly as the gateway sends them', async () => {
    expect(await rig.run('audit', 'export')).toEqual({ code: 0, out: body, err: '' });
    expect(asked).toEqual([{ format: 'ndjson' }]);
  });

  it('sends the filters of a search', async () => {
    body = csv;
    await rig.run('audit', 'export', '-o', 'csv', '--cluster', 'dev', '--audit-id', '5f0c', '--until', '2026-11-24');
    expect(asked).toEqual([
      { format: 'csv', cluster: 'dev', auditIDPrefix: '5f0c', until: '2026-11-24T00:00:00.000Z' },
    ]);
  });

  it('replaces a file, which only its owner may read, once the export is complete', async () => {
    writeFileSync(trail(), 'old', { mode: 0o644 });
    expect(await rig.run('audit', 'export', '--file', trail())).toEqual({
      code: 0,
      out: '',
      err: `Exported 2 events (1 kB) to ${trail()}.\n`,
    });
    expect(readFileSync(trail(), 'utf8')).toBe(body);
    expect(statSync(trail()).mode & 0o777).toBe(0o600);
    expect(left()).toEqual(['trail']);
  });

  it.each([
    ['without its last line', events],
    ['with a part of its last line', `${events}{"export":{"complete":true`],
    ['empty', ''],
  ])('leaves the old file as it was if the export is %s', async (_what, cut) => {
    body = cut;
    writeFileSync(trail(), 'old');
    expect(await rig.run('audit', 'export', '--file', trail())).toMatchObject({
      code: 4,
      err: expect.stringContaining('ended the export early'),
    });
    expect(readFileSync(trail(), 'utf8')).toBe('old');
    expect(left()).toEqual(['trail']);
  });

  it('knows by its last row that a CSV is complete', async () => {
    const run = () => rig.run('audit', 'export', '-o', 'csv', '--file', trail());
    body = csv.slice(0, csv.indexOf(',export'));
    expect(await run()).toMatchObject({ code: 4, err: expect.stringContaining('ended the export early') });
    body = csv.slice(0, -2);
    expect(await run()).toMatchObject({ code: 4 });
    expect(left()).toEqual([]);
    body = csv;
    expect(await run()).toMatchObject({ code: 0, err: expect.stringContaining('Exported 1 events (1 kB)') });
    expect(readFileSync(trail(), 'utf8')).toBe(csv);
    body = csv.replace('complete', '"complete, filtered"');
    expect((await run()).code).toBe(0);
    // Newer gateways add columns at the end.
    body = csv.replaceAll('\n', ',\n');
    expect((await run()).code).toBe(0);
  });

  it('leaves no file if the gateway cuts the connection', async () => {
    gateway.override = ({ path: target }) =>
      target.endsWith('/audit/export')
        ? { status: 200, body: events, headers: { 'content-length': '100000' } }
        : undefined;
    setTimeout(() => void gateway.close(), 200);
    expect(await rig.run('audit', 'export', '-o', 'csv', '--file', trail())).toMatchObject({ code: 4 });
    expect(left()).toEqual([]);
  });

  it('says what it lacks, and that it cannot be verified', async () => {
    const view = { clusters: ['dev'], withoutCluster: false };
    body = `${note({ filtered: true, scope: 'clusters', view })}${events}${note({ complete: true, filtered: true })}`;
    const { err } = await rig.run('audit', 'export');
    expect(err).toContain('lets you see your own events, and those on dev.\n');
    expect(err).toContain('this export lacks events, so it cannot be verified');
    body = `${events}${note({ complete: true, filtered: true, aggregated: 3 })}`;
    expect((await rig.run('audit', 'export')).err).toContain('one event for several of an anonymous caller');
    body = csv;
    expect((await rig.run('audit', 'export', '-o', 'csv')).err).toContain('a CSV cannot be verified');
  });

  it('reports a file that it cannot write, and what the gateway refuses', async () => {
    expect(await rig.run('audit', 'export', '--file', path.join(rig.directory, 'none', 'x'))).toMatchObject({
      code: 7,
    });
    gateway.override = () => ({ status: 403, body: { detail: 'not for you' } });
    expect(await rig.run('audit', 'export', '--file', trail())).toMatchObject({
      code: 5,
      err: expect.stringContaining('not for you'),
    });
    expect(left()).toEqual([]);
  });
});
