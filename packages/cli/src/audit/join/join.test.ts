import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reservedHash } from '@sallyport/contracts';
import { startFakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const idOf = (number: number) => `0f4c2d1e-0000-4abc-8def-${String(number).padStart(12, '0')}`;
const time = (minute: number) => new Date(Date.UTC(2026, 10, 20, 8, minute)).toISOString().replace('Z', '000Z');
const request = (number: number) => ({
  auditID: idOf(number),
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/dev/pods',
  verb: 'list',
  objectRef: { resource: 'pods', namespace: 'dev' },
  requestReceivedTimestamp: time(number),
  stageTimestamp: time(number),
  responseStatus: { code: 200 },
});
const ours = (number: number) => ({
  ...request(number),
  user: { username: 'alice@example.com' },
  sallyport: { cluster: { name: 'dev' }, decision: { effect: 'allow' }, request: { method: 'GET' }, upstreamMs: 1 },
});
const theirs = (number: number, changes: object = {}) => ({
  ...request(number),
  level: 'Metadata',
  user: { username: 'system:serviceaccount:sallyport:gateway' },
  impersonatedUser: { username: 'alice@example.com' },
  ...changes,
});
const bypass = (number: number) => theirs(number, { user: { username: 'admin' }, impersonatedUser: undefined });

const lines = (events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const write = (name: string, content: string | Buffer) => writeFileSync(path.join(rig.directory, name), content);
const join = (...args: string[]) => rig.run('audit', 'join', '--cluster', 'dev', ...args);
const files = ['--events', 'ours', '--cluster-log', 'theirs'];

describe('sallyport audit join', () => {
  it('reports what bypassed the gateway, and ends with 1', async () => {
    write('ours', lines([ours(0), ours(9)]));
    write('theirs', lines([theirs(0), bypass(4), bypass(5), theirs(9)]));
    const { code, out, err } = await join(...files);
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain('admin list dev/pods -> 200  2 times');
    expect(out).toContain(`first at ${time(4)}`);
    expect(out).toContain('bypassed-gateway: 2');
    const json = JSON.parse((await join(...files, '-o', 'json')).out) as object;
    expect(json).toMatchObject({ counts: { 'bypassed-gateway': 2 }, matched: 2, sent: 2 });
  });

  it('names the objects, and puts what a client only discovers into one group, after the rest', async () => {
    const direct = (number: number, changes: object) => ({ ...bypass(number), verb: 'get', ...changes });
    const path = (number: number, requestURI: string) => direct(number, { requestURI, objectRef: undefined });
    const secret = (number: number, name: string) =>
      direct(number, { objectRef: { resource: 'secrets', namespace: 'prod', name } });
    const exec = { resource: 'pods', namespace: 'prod', name: 'web', subresource: 'exec' };
    write('ours', lines([ours(0), ours(19)]));
    const passed = [path(4, '/version?timeout=32s'), path(5, '/api'), path(6, '/apis/apps/v1'), secret(7, 'db')];
    write('theirs', lines([theirs(0), ...passed, direct(8, { verb: 'create', objectRef: exec }), theirs(19)]));
    const { out } = await join(...files);
    const found = out.split('\n').filter((line) => line.startsWith('  admin '));
    expect(found).toEqual([
      '  admin get prod/secrets/db -> 200',
      '  admin create prod/pods/web:exec -> 200',
      '  admin get /api, /apis, /version (discovery) -> 200  3 times',
    ]);
    write('theirs', lines([theirs(0), secret(7, 'db'), secret(8, 'tls'), theirs(19)]));
    const { out: several } = await join(...files);
    expect(several).toMatch(
      / {2}admin get prod\/secrets -> 200 {2}2 times\n.*\n {4}0f4c\S+ {2}db\n {4}0f4c\S+ {2}tls\n/,
    );
  });

  it('ends with 0 where nothing bypassed it, also if the cluster lost something', async () => {
    write('ours', lines([ours(0), ours(4), ours(9)]));
    write('theirs', lines([theirs(0), theirs(9)]));
    const { code, out } = await join(...files);
    expect(code).toBe(0);
    expect(out).toContain('missing-in-cluster-log: 1');
  });

  it('reads rotated and compressed files, event lists, and standard input', async () => {
    write('ours', lines([ours(0), ours(9)]));
    write('old.gz', gzipSync(lines([theirs(0)])));
    write('theirs', lines([{ kind: 'EventList', items: [bypass(4), theirs(9)] }]));
    const { out } = await join('--events', 'ours', '--cluster-log', 'old.gz', 'theirs');
    expect(out).toContain('2 requests of the gateway, 2 of them');
    write('broken.gz', gzipSync(lines([theirs(0)])).subarray(0, 40));
    expect(await join('--events', 'ours', '--cluster-log', 'broken.gz')).toMatchObject({ code: 7, out: '' });
  });

  it('leaves out ignored users and other times', async () => {
    write('ours', lines([ours(0), ours(9)]));
    write('theirs', lines([theirs(0), bypass(4), theirs(9)]));
    expect((await join(...files, '--ignore', 'system:*', 'adm*')).code).toBe(0);
    expect((await join(...files, '--until', time(3).replace('.000000', ''))).code).toBe(0);
  });

  it('shows no control characters of the log', async () => {
    write('ours', lines([ours(0), ours(9)]));
    write('theirs', lines([theirs(0), theirs(4, { impersonatedUser: { username: '\u001b[31mroot' } }), theirs(9)]));
    write('ours', lines([ours(0), ours(4), ours(9)]));
    const { code, out } = await join(...files);
    expect(code).toBe(1);
    expect(out).not.toContain('\u001b');
  });

  it.each([
    ['a log of another cluster', [...files], lines([bypass(1)]), "none of the gateway's 2 requests to dev"],
    ['an empty log', [...files], '', 'there are no events'],
    ['a bad margin', [...files, '--margin', '1'], lines([theirs(0)]), 'is not a margin'],
    ['a policy that is none', [...files, '--policy', 'ours'], lines([theirs(0)]), 'is not an audit policy'],
    ['a missing file', ['--events', 'ours', '--cluster-log', 'no'], '', 'does not exist'],
    ['standard input to be read twice', ['--cluster-log', '-'], '', 'cannot be read twice'],
  ])('says what is wrong with %s', async (_what, args, log, message) => {
    write('ours', lines([ours(0), ours(9)]));
    write('theirs', log);
    const { code, err } = await join(...args);
    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });

  const record = { specversion: '1.0', id: 'e1', type: 'k8s.request', data: ours(4) };
  it.each([
    ['an export', lines([{ export: { filtered: true } }, { ...ours(4), cloudEvent: { type: 'k8s.request' } }])],
    ['a file without envelopes', lines([ours(4)])],
    ['a dump of the topic as CloudEvents', lines([record])],
    ['a dump of kcat', lines([{ topic: 't', payload: JSON.stringify(ours(4)) }])],
    ['an export as CSV', 'time,type,stage,auditID,user\n2026-11-20T08:04:00Z,k8s.request,,,\n'],
    ['some of it after events of the cluster', lines([theirs(0), ours(4)])],
  ])("does not take the gateway's own trail for the log of the cluster: %s", async (_what, log) => {
    write('ours', lines([ours(0), ours(9)]));
    write('theirs', log);
    write('theirs.gz', gzipSync(log));
    for (const file of ['theirs', 'theirs.gz'])
      for (const args of [
        ['--events', 'ours', '--cluster-log', file],
        ['--cluster-log', file],
      ]) {
        const { code, out, err } = await join(...args);
        expect([code, out]).toEqual([2, '']);
        expect(err).toContain(`${file} is the gateway's own audit trail, and not the log of the cluster`);
        expect(err).toContain("Give --cluster-log a file of the API server's --audit-log-path.");
      }
  });

  it.each([
    ['a log', lines([theirs(0)])],
    ['a list of events', lines([{ kind: 'EventList', items: [bypass(4)] }])],
    ["some of it after the gateway's events", lines([ours(0), theirs(4)])],
  ])("does not take the log of a cluster for the gateway's trail: %s", async (_what, events) => {
    write('ours', events);
    write('theirs', lines([theirs(0), theirs(9)]));
    const { code, out, err } = await join(...files);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain("ours is the log of a cluster, and not the gateway's audit trail");
    expect(err).toContain('sallyport audit export');
  });

  it('asks for the account of the gateway where the policy depends on it', async () => {
    write('ours', lines([ours(0), ours(4), ours(9)]));
    write('theirs', lines([theirs(0), theirs(9)]));
    write(
      'policy',
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, users: [gate]}, {level: Metadata}]\n',
    );
    expect((await join(...files, '--policy', 'policy')).err).toContain('--gateway-user');
    const { out } = await join(...files, '--policy', 'policy', '--gateway-user', 'gate', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ unverifiable: 1, counts: { 'missing-in-cluster-log': 0 } });
  });

  it('reads the store of the gateway, but not for a user who may see only a part of it', async () => {
    const gateway = await startFakeGateway();
    try {
      await rig.run('login', '--gateway', gateway.origin);
      write('theirs', lines([theirs(0), bypass(4), theirs(9)]));
      const page = (scope: string) => {
        const events = [ours(0), ours(9)].map((data, index) => ({
          id: `e${index}`,
          type: 'k8s.request',
          source: 's',
          time: time(0),
          key: 'k',
          data,
        }));
        gateway.override = ({ path: asked }) =>
          asked.endsWith('/audit') ? { status: 200, body: { events, scope } } : undefined;
      };
      page('all');
      expect(await join('--cluster-log', 'theirs')).toMatchObject({ code: 1, err: '' });
      page('clusters');
      expect(await join('--cluster-log', 'theirs')).toMatchObject({ code: 5, out: '' });
      page('own');
      expect(await join('--cluster-log', 'theirs')).toMatchObject({ code: 5, out: '' });
    } finally {
      await gateway.close();
    }
  });

  it('asks the store which IDs the gateway reserved, and does without where an older gateway knows of none', async () => {
    const gateway = await startFakeGateway();
    const lost = `${idOf(4).slice(0, -8)}0badf00d`;
    const reservation = {
      stage: 'ResponseComplete',
      stageTimestamp: time(-30),
      sallyport: { cluster: { name: 'dev' }, reservation: { suffix: '0badf00d', hashes: reservedHash(lost) } },
    };
    const row = (type: string, data: object) => ({ id: type, type, source: 's', time: time(0), key: 'k', data });
    try {
      await rig.run('login', '--gateway', gateway.origin);
      write('theirs', lines([theirs(0), theirs(4, { auditID: lost }), theirs(9)]));
      const asked: string[] = [];
      let isOlder = false;
      gateway.override = ({ path: of, query }) => {
        if (!of.endsWith('/audit')) return undefined;
        asked.push(`${query.get('type')} ${query.get('since')}`);
        if (query.get('type') === 'k8s.request')
          return {
            status: 200,
            body: { events: [ours(0), ours(9)].map((one) => row('k8s.request', one)), scope: 'all' },
          };
        return isOlder
          ? { status: 400, body: { detail: 'Invalid query: type: Invalid option.' } }
          : { status: 200, body: { events: [row('audit.reservation', reservation)], scope: 'all' } };
      };
      const { code, out } = await join('--cluster-log', 'theirs');
      expect(out).toContain('UNFINISHED: the gateway sent it, and was killed before it recorded it');
      expect(out).toMatch(/^bypassed-gateway: 0$/m);
      expect(code).toBe(0);
      expect(asked).toEqual(['audit.reservation 2026-11-20T06:59:00.000Z', 'k8s.request 2026-11-20T07:59:00.000Z']);
      isOlder = true;
      expect(await join('--cluster-log', 'theirs')).toMatchObject({ code: 1, err: '' });
    } finally {
      await gateway.close();
    }
  });
});
