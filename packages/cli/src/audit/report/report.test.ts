import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let asked: Record<string, string>[];
const row = (user: string, requests: number) => ({
  user,
  cluster: 'dev',
  requests,
  refused: 1,
  failed: 0,
  first: '2026-11-24T08:00:01.000123Z',
  last: '2026-11-24T09:59:59.000000Z',
});
let body: Record<string, unknown>;

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({ now: () => Date.UTC(2026, 10, 24, 12) });
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  body = {
    by: ['user', 'cluster'],
    since: '2026-11-24T08:00:00.000Z',
    rows: [row('alice@example.com', 1200), row('=cmd|"x",<b>\u001b\n', 3)],
    groups: 2,
    requests: 1203,
    refused: 2,
    failed: 0,
    scope: 'all',
  };
  gateway.override = ({ path, query }) => {
    if (!path.endsWith('/audit/report')) return undefined;
    asked.push(Object.fromEntries(query));
    return { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

describe('sallyport audit report', () => {
  it('shows the counts as a table, and what they are of', async () => {
    const { code, out, err } = await rig.run(
      'audit',
      'report',
      '--by',
      'user, cluster',
      '--since',
      '4h',
      '--verb',
      'get',
    );
    expect(code).toBe(0);
    expect(asked).toEqual([{ by: 'user,cluster', since: '2026-11-24T08:00:00.000Z', verb: 'get', limit: '100' }]);
    expect(out.split('\n')[0]).toMatch(/^USER +CLUSTER +REQUESTS +REFUSED +FAILED +FIRST +LAST/);
    expect(out.split('\n')[1]).toMatch(
      /^alice@example.com +dev +1200 +1 +0 +2026-11-24T08:00:01Z +2026-11-24T09:59:59Z/,
    );
    expect(out).not.toContain('\u001b');
    expect(err).toBe(
      '1,203 requests ended from 2026-11-24T08:00:00.000Z to now: 2 refused by the gateway, 0 failed.\n',
    );
  });

  it('prints CSV that no spreadsheet runs, and Markdown in which a name is a name', async () => {
    const csv = await rig.run('audit', 'report', '-o', 'csv');
    expect(csv.out).toBe(
      `user,cluster,requests,refused,failed,first,last\nalice@example.com,dev,1200,1,0,2026-11-24T08:00:01Z,2026-11-24T09:59:59Z\n"'=cmd|""x"",<b>\\x1b\\x0a",dev,3,1,0,2026-11-24T08:00:01Z,2026-11-24T09:59:59Z\n`,
    );
    expect(csv.err).toBe('');
    const markdown = (await rig.run('audit', 'report', '-o', 'markdown')).out.split('\n');
    expect(markdown.slice(0, 2)).toEqual([
      '| user | cluster | requests | refused | failed | first | last |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    ]);
    expect(markdown[3]).toBe('| =cmd\\|"x",\\<b\\>  | dev | 3 | 1 | 0 | 2026-11-24T08:00:01Z | 2026-11-24T09:59:59Z |');
    expect(JSON.parse((await rig.run('audit', 'report', '-o', 'json')).out)).toEqual(body);
  });

  it('says what it lacks: lines beyond the limit, requests that the user may not see, or all', async () => {
    body = { ...body, groups: 5000, scope: 'own' };
    const { err } = await rig.run('audit', 'report', '-o', 'csv', '--no-headers');
    expect(err).toContain('these are your own events');
    expect(err).toContain('These are 2 of 5,000 lines.');
    body = { ...body, rows: [], groups: 0 };
    expect(await rig.run('audit', 'report')).toMatchObject({
      out: '',
      err: expect.stringContaining('No request ended'),
    });
  });

  it('says what is wrong with its options', async () => {
    expect(await rig.run('audit', 'report', '--limit', '0')).toMatchObject({ code: 2 });
    expect(await rig.run('audit', 'report', '--since', 'tomorrow')).toMatchObject({ code: 2 });
    gateway.override = () => ({ status: 400, body: { detail: 'Invalid query: by: must be some of user.' } });
    expect(await rig.run('audit', 'report', '--by', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('must be some of'),
    });
  });
});
