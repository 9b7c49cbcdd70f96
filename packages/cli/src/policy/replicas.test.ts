import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const replica = (service: string, version: string, more: object = {}) => ({
  service,
  id: `${service}/1`,
  host: 'pod-1',
  version,
  since: 1_764_000_000_000,
  startedAt: 1_763_000_000_000,
  ...more,
});
const answerWith = (...replicas: object[]) => {
  gateway.override = ({ path }) =>
    path === '/.sallyport/api/v1/policy/status' ? { status: 200, body: { replicas } } : undefined;
};
const rejected = {
  at: 1_764_000_100_000,
  faults: [
    {
      path: 'policy.0.alow',
      message: 'unknown action "alow"',
      hint: 'did you mean allow?',
      file: '/etc/policy.yaml',
      line: 3,
      column: 5,
    },
    { path: '', message: 'cannot be read (ENOENT)', file: '/etc/other.yaml' },
  ],
};

describe('sallyport policy status', () => {
  it('shows every replica, and succeeds if all run the same policy', async () => {
    answerWith(replica('authorize', 'aaaa'), replica('proxy', 'aaaa', { restartNeeded: ['sessions.idle'] }));
    const { code, out, err } = await rig.run('policy', 'status');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(
      'SERVICE    REPLICA      HOST   POLICY  SINCE                 FILE\nauthorize  authorize/1  pod-1  aaaa    2025-11-24T16:00:00Z  in use\nproxy      proxy/1      pod-1  aaaa    2025-11-24T16:00:00Z  needs a restart\n',
    );
    expect(out).toContain('proxy/1 must be restarted to apply changes to: sessions.idle\n');
    expect(out).toMatch(/\nEvery replica runs policy aaaa\.\n$/);
  });

  it('shows the on-call lists, and which of them cannot be read', async () => {
    const at = 1_764_000_000_000;
    const failing = { at, reason: 'it answered 503\u001b[2J' };
    answerWith(
      replica('authorize', 'aaaa', {
        onCall: [
          { name: 'primary', known: true, users: 1, at },
          { name: 'database', known: true, users: 3, at, failing },
          { name: 'network', known: false, users: 0, failing },
        ],
      }),
    );
    const { code, out } = await rig.run('policy', 'status');
    expect(code).toBe(0);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('authorize/1 follows on-call lists:\n  primary: 1 user, read at 2025-11-24T16:00:00Z\n');
    expect(out).toContain(
      '  database: 3 users, read at 2025-11-24T16:00:00Z; cannot be read since 2025-11-24T16:00:00Z: it',
    );
    expect(out).toContain('  network: never read (UNKNOWN: no one counts as on call); cannot be read since');
    const { replicas } = JSON.parse((await rig.run('policy', 'status', '-o', 'json')).out);
    expect(replicas[0].onCall[1]).toEqual({
      name: 'database',
      known: true,
      users: 3,
      at: '2025-11-24T16:00:00.000Z',
      failing: { ...failing, at: '2025-11-24T16:00:00.000Z' },
    });
  });

  it('reports if they differ, with its own exit code', async () => {
    answerWith(replica('authorize', 'aaaa'), replica('proxy', 'bbbb', { id: 'proxy/2' }));
    const { code, out, err } = await rig.run('policy', 'status');
    expect(code).toBe(8);
    expect(out).toContain('THE REPLICAS DIFFER:\n  policy aaaa: authorize/1\n  policy bbbb: proxy/2\n');
    expect(err).toContain('the replicas run 2 different policies');
  });

  it('shows the faults of a rejected file, with file, line and column', async () => {
    answerWith(replica('authorize', 'aaaa', { rejected }));
    const { code, out, err } = await rig.run('policy', 'status');
    expect(code).toBe(8);
    expect(out).toContain(
      '  /etc/policy.yaml:3:5: policy.0.alow: unknown action "alow" (did you mean allow?)\n  /etc/other.yaml: cannot be read (ENOENT)\n',
    );
    expect(err).toContain('1 of 1 replicas rejected their file');
    expect(err).toContain(
      'Mend the faults above. To check a file before the gateway reads it, run: sallyport policy lint FILE',
    );
  });

  it('shows a policy that waits for the audit log, and since when', async () => {
    const waiting = { at: 1_764_000_100_000, version: 'bbbb', reason: 'the audit log did not record\u001b it' };
    answerWith(replica('authorize', 'aaaa', { waiting }));
    const { code, out, err } = await rig.run('policy', 'status');
    expect(code).toBe(8);
    expect(out).toContain('  WAITING\n');
    expect(out).toContain(
      'authorize/1 has been waiting since 2025-11-24T16:01:40Z to use policy bbbb: the audit log did not record\\x1b it\n',
    );
    expect(err).toContain('1 of 1 replicas wait to use their file');
    expect(JSON.parse((await rig.run('policy', 'status', '-o', 'json')).out)).toMatchObject({
      inStep: false,
      replicas: [{ waiting: { ...waiting, at: '2025-11-24T16:01:40.000Z' } }],
    });
  });

  it('shows warnings about the current policies, and succeeds', async () => {
    answerWith(
      replica('authorize', 'aaaa', {
        warnings: [
          {
            path: 'policy.1.deny',
            message: 'is empty and has no effect',
            file: '/etc/sallyport.yaml',
            line: 9,
            column: 3,
          },
        ],
      }),
    );
    const { code, out } = await rig.run('policy', 'status');
    expect(code).toBe(0);
    expect(out).toContain(
      'authorize/1 has warnings about its policy:\n  warning: /etc/sallyport.yaml:9:3: policy.1.deny: is empty and has no effect\n',
    );
  });

  it('prints the same as JSON, with the same exit code', async () => {
    answerWith(replica('authorize', 'aaaa', { rejected }));
    const { code, out } = await rig.run('policy', 'status', '-o', 'json');
    expect(code).toBe(8);
    expect(JSON.parse(out)).toMatchObject({
      inStep: false,
      replicas: [{ id: 'authorize/1', rejected: { ...rejected, at: new Date(rejected.at).toISOString() } }],
    });
  });

  it('escapes control characters', async () => {
    answerWith(replica('authorize', 'aaaa', { rejected: { at: 1, faults: [{ path: '', message: 'x\u001b[2J' }] } }));
    expect((await rig.run('policy', 'status')).out).toContain('x\\x1b[2J');
  });

  it('shows nothing if the gateway refuses', async () => {
    gateway.override = () => ({ status: 403, body: { detail: 'Your rights do not let you see the policy.' } });
    expect(await rig.run('policy', 'status')).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('Your rights do not let you see the policy.'),
    });
  });
});

describe('sallyport policy reload', () => {
  it('asks the gateway, sends no configuration, and names the next command', async () => {
    gateway.override = ({ path, method }) =>
      path === '/.sallyport/api/v1/policy/reload' && method === 'POST'
        ? { status: 202, body: { requested: true } }
        : undefined;
    expect(await rig.run('policy', 'reload')).toMatchObject({ code: 0, out: expect.stringContaining('policy status') });
    expect(gateway.raw.at(-1)).toBe(JSON.stringify({ url: '/.sallyport/api/v1/policy/reload', body: '' }));
    expect(JSON.parse((await rig.run('policy', 'reload', '-o', 'json')).out)).toEqual({ requested: true });
  });

  it('is refused without permission', async () => {
    gateway.override = () => ({ status: 403, body: { detail: 'Your rights do not let you see the policy.' } });
    expect(await rig.run('policy', 'reload')).toMatchObject({ code: 5, out: '' });
  });
});
