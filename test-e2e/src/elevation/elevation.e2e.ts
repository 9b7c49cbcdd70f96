import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import {
  clusterEvents,
  createNamespace,
  describeWith,
  eventually,
  httpRequestOnce,
  realClusterAccess,
  roleBinding,
  startCli,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';

/** What uses an elevation ends within a second of it. A busy machine gets ten. */
const inTimeMs = 10_000;
/** A step counts for requests on every gateway within 300 ms. A busy machine gets ten seconds. */
const nextRequestMs = 10_000;
const waiting = 'while true; do sleep 1; done';

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'an elevation on a real cluster', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let [alice, bob]: Person[] = [];
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-on-call-'));
  const onCallFile = path.join(directory, 'on-call.yaml');
  const setOnCall = (...users: string[]) => writeFileSync(onCallFile, JSON.stringify({ users }));
  beforeAll(async () => {
    namespace = await createNamespace({ bound: false });
    await theBed().cluster!.admin.apply(
      roleBinding(namespace.name, 'developers', 'view'),
      roleBinding(namespace.name, 'prod-admins', 'edit'),
    );
    const pods = ['web', 'other', 'last'].map((name) => startPod(namespace.name, name, waiting));
    const entry = { name: 'prod-admin', clusters: ['*'], groups: ['prod-admins'], maxDuration: '30m' };
    setOnCall('carol@example.com');
    gateway = await startGateway({
      mode: 'processes',
      proxies: 2,
      clusters: [await realClusterAccess()],
      more: {
        onCall: [{ name: 'primary', file: onCallFile }],
        elevations: [
          { ...entry, requesters: { groups: ['developers'] }, approvers: { groups: ['sre', 'developers'] } },
          {
            ...entry,
            name: 'break-glass',
            requesters: { groups: ['developers'] },
            approvals: 0,
            namespaces: ['*'],
            review: { by: { groups: ['security-auditors'] } },
          },
          {
            ...entry,
            name: 'on-call-admin',
            requesters: { groups: ['developers'] },
            approverSets: [
              { name: 'on-call', by: [{ allow: { or: [{ on_call: 'primary' }] } }] },
              { name: 'sre', by: { groups: ['sre'] } },
            ],
          },
        ],
      },
    });
    [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
    await Promise.all(pods);
  });
  afterAll(async () => {
    await gateway?.stop();
    await namespace?.remove();
    rmSync(directory, { recursive: true });
  });

  const deletePod = (name: string, ...more: string[]) =>
    alice!.tryKubectl(['delete', 'pod', name, '-n', namespace.name, '--wait=false', ...more]);
  const cluster = () => gateway.clusterUrl().split('/').at(-1)!;
  /** Starts `sallyport elevate` and leaves it waiting. */
  const elevate = (...more: string[]) =>
    startCli(['elevate', ...more, '--gateway', gateway.url, '--cluster', cluster(), '--reason', 'the shop is down'], {
      home: alice!.home,
    });
  const listed = async (person: Person): Promise<ElevationView[]> => {
    const { code, stdout, stderr } = await person.cli(['elevations', 'list', '--all', '-o', 'json']);
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { elevations: ElevationView[] }).elevations;
  };
  /** Whether a request outside of any namespace has the group. */
  const elevated = async () => (await alice!.kubectl(['auth', 'whoami', '-o', 'json'])).includes('prod-admins');
  /** Opens an exec that uses the elevation, and returns when it has ended, in milliseconds after `end`. */
  async function openExec(): Promise<(end: () => Promise<number>) => Promise<{ late: number; said: string }>> {
    const exec = alice!.startKubectl(['exec', '-n', namespace.name, 'last', '--', 'sh', '-c', 'echo open; sleep 300']);
    await exec.says(/open/);
    const ended = exec.ended.then(({ stderr }) => ({ at: Date.now(), stderr }));
    return async (end) => {
      const [{ at, stderr }, due] = await Promise.all([ended, end()]);
      return { late: at - due, said: stderr };
    };
  }

  it('is asked for, approved by another person, used by plain kubectl on every gateway, and revoked', async () => {
    const refused = await deletePod('web');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Forbidden')]);

    const asking = elevate('prod-admin', '--for', '30m');
    const [, id] = await asking.says(/waits for approval \(0 of 1\).*\(([0-9a-f-]{36})\)/);
    const own = await alice!.cli(['elevations', 'approve', id!]);
    expect([own.code, own.stderr]).toEqual([5, expect.stringContaining('cannot approve your own request')]);
    expect((await deletePod('web')).code).toBe(1);

    expect(await listed(bob!)).toMatchObject([{ id, user: 'alice@example.com', may: ['approve', 'deny'] }]);
    const approval = await bob!.cli(['elevations', 'approve', id!.slice(0, 8)]);
    expect([approval.code, approval.stdout]).toEqual([0, expect.stringContaining('is active until')]);
    const servers = [gateway.clusterUrl(), ...gateway.moreProxies.map(({ url }) => `${url}/clusters/${cluster()}`)];
    expect(servers).toHaveLength(2);
    for (const [index, pod] of ['web', 'other'].entries())
      expect(await deletePod(pod, '--server', servers[index]!)).toMatchObject({ code: 0 });
    expect(await asking.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('is active until') });
    expect((await alice!.cli(['whoami'])).stdout).toContain(`Elevated: prod-admin on ${cluster()}, is active until`);

    const ends = await openExec();
    const { late, said } = await ends(async () => {
      expect(await bob!.cli(['elevations', 'revoke', id!])).toMatchObject({ code: 0 });
      const events = await gateway.audit.await(({ type }) => type === 'elevation.revoked');
      return Date.parse(events.at(-1)!.time);
    });
    process.stderr.write(`from the revocation of an elevation to the end of an exec: ${late} ms\n`);
    expect(late).toBeLessThan(inTimeMs);
    expect(said).toContain('Your elevation prod-admin was revoked by bob@example.com, so this was ended.');
    expect((await deletePod('last')).code).toBe(1);

    await eventually('the elevation in the audit log of the cluster', () =>
      clusterEvents().some(
        ({ verb, impersonatedUser }) =>
          verb === 'delete' && JSON.stringify(impersonatedUser ?? {}).includes(`"sallyport.dev/elevation":["${id}"]`),
      ),
    );
    const used = await gateway.audit.await(
      ({ type, data }) => type === 'k8s.request' && data.verb === 'delete' && data.sallyport.elevation?.id === id,
    );
    expect(used[0]!.data.sallyport.elevation).toMatchObject({ name: 'prod-admin', approvers: ['bob@example.com'] });
  });

  it('counts for the next request on every gateway', async () => {
    const { token } = await gateway.login('alice@example.com');
    const servers = [gateway.clusterUrl(), ...gateway.moreProxies.map(({ url }) => `${url}/clusters/${cluster()}`)];
    const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    /** Sends requests to one gateway until its answer changes, and returns when that answer was there. */
    const changes = async (server: string, isElevated: boolean) => {
      for (const end = Date.now() + 30_000; Date.now() < end;) {
        const url = `${server}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
        const answer = await httpRequestOnce(url, { method: 'POST', headers, body, ca: gateway.caPem });
        expect(answer.status).toBe(201);
        if (answer.text.includes('"prod-admins"') === isElevated) return Date.now();
      }
      throw new Error(`the requests to ${server} never changed`);
    };
    const measured = async (what: string, isElevated: boolean, step: () => Promise<number>) => {
      const answers = Promise.all(servers.map((server) => changes(server, isElevated)));
      const [ends, due] = await Promise.all([answers, step()]);
      const late = ends.map((at) => at - due);
      process.stderr.write(`from ${what} to the next request on each gateway: ${late.join(' and ')} ms\n`);
      expect(Math.max(...late)).toBeLessThan(nextRequestMs);
    };
    const ask = async (length: string) => {
      const asking = elevate('prod-admin', '--for', length);
      const [, id] = await asking.says(/waits for approval \(0 of 1\).*\(([0-9a-f-]{36})\)/);
      return { id: id!, asking };
    };
    const step = (type: string, id: string) => async () => {
      const verb = type === 'elevation.activated' ? 'approve' : 'revoke';
      expect(await bob!.cli(['elevations', verb, id])).toMatchObject({ code: 0 });
      const [event] = await gateway.audit.await((one) => one.type === type && one.data.sallyport.elevation?.id === id);
      return Date.parse(event!.time);
    };
    const revoked = await ask('30m');
    await measured('the approval of an elevation', true, step('elevation.activated', revoked.id));
    await measured('its revocation', false, step('elevation.revoked', revoked.id));
    const short = await ask('5s');
    await measured('the approval of another', true, step('elevation.activated', short.id));
    const { expiresAt } = (await listed(alice!)).find(({ id }) => id === short.id)!;
    await measured('its end', false, async () => Date.parse(String(expiresAt)));
    await Promise.all([revoked.asking.ended, short.asking.ended]);
  });

  it('without approval is active at once in its namespace, and its end cuts what is open', async () => {
    const start = ['break-glass', '--for', '12s', '--namespace', namespace.name, '-o', 'json'];
    const { code, stdout, stderr } = await elevate(...start).ended;
    expect([code, stderr]).toEqual([0, '']);
    const { id } = JSON.parse(stdout) as { id: string };
    const { expiresAt } = (await listed(alice!)).find((one) => one.id === id)!;
    const ends = await openExec();
    expect(await elevated()).toBe(false);
    const { late } = await ends(async () => Date.parse(String(expiresAt)));
    process.stderr.write(`from the end of an elevation to the end of an exec: ${late} ms\n`);
    expect([late > -50, late < inTimeMs]).toEqual([true, true]);
    expect((await deletePod('last')).code).toBe(1);
    await gateway.audit.await(({ type, data }) => type === 'elevation.expired' && data.sallyport.elevation?.id === id);
  });

  it('without approval is loud while it is active, and is reviewed by others afterwards', async () => {
    const asked = await elevate('break-glass', '--for', '5m', '--namespace', namespace.name).ended;
    const until = /BREAK-GLASS: break-glass on \S+ is active until \S+\.\nEverything you do is recorded\. /;
    expect([asked.code, asked.stderr]).toEqual([0, expect.stringMatching(until)]);
    expect(asked.stderr).toMatch(/Someone of security-auditors must review it by \S+\.\n/);
    for (const command of ['whoami', 'status']) expect((await alice!.cli([command])).stderr).toMatch(until);

    const get = () => alice!.tryKubectl(['get', 'pods', '-n', namespace.name]);
    const [first, second] = [await get(), await get()];
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringMatching(/^Warning: break-glass break-glass is active until \S+; everything you do is recorded\n$/),
    ]);
    expect([second.code, second.stderr]).toEqual([0, '']);

    const { id } = (await listed(alice!)).find(({ name, state }) => name === 'break-glass' && state === 'active')!;
    expect(await alice!.cli(['elevations', 'revoke', id])).toMatchObject({ code: 0 });
    const comment = ['--comment', 'INC-7: looked at the pods, nothing else'];
    expect(await alice!.cli(['elevations', 'review', id, ...comment])).toMatchObject({ code: 5 });
    const carol = await gateway.person('carol@example.com');
    expect((await carol.cli(['whoami'])).stderr).toContain('for your review');
    expect((await carol.cli(['elevations', 'list', '--to-review', '-o', 'name'])).stdout).toContain(id);
    expect(await carol.cli(['elevations', 'review', id, ...comment])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is reviewed as justified'),
    });
    expect((await alice!.cli(['elevations', 'show', id])).stdout).toContain(
      'Review:    justified, by carol@example.com',
    );
    const [event] = await gateway.audit.await(
      ({ type, data }) => type === 'elevation.reviewed' && data.sallyport.elevation?.id === id,
    );
    expect(event!.data).toMatchObject({
      user: { username: 'carol@example.com' },
      sallyport: { elevation: { breakGlass: true, review: { verdict: 'justified' }, user: 'alice@example.com' } },
    });
    const used = await gateway.audit.await(
      ({ type, data }) => type === 'k8s.request' && data.verb === 'list' && data.sallyport.elevation?.id === id,
    );
    expect(used[0]!.data.sallyport.elevation).toMatchObject({ breakGlass: true });
  });

  it('is approved by someone on call and by another team, and no longer once someone is taken off the list', async () => {
    const carol = await gateway.person('carol@example.com');
    const ask = async () => {
      const { stdout } = await elevate('on-call-admin', '--for', '5m', '--no-wait', '-o', 'json').ended;
      return (JSON.parse(stdout) as { id: string }).id;
    };
    const first = await ask();
    expect((await carol.cli(['elevations', 'approve', first])).stdout).toContain('(1 of 2, needs 1 of sre)');
    expect((await bob!.cli(['elevations', 'approve', first])).stdout).toContain('is active until');
    expect(await elevated()).toBe(true);
    expect(await alice!.cli(['elevations', 'revoke', first])).toMatchObject({ code: 0 });

    const second = await ask();
    const mayApprove = async () =>
      (await listed(carol)).some(({ id, may }) => id === second && (may as string[]).includes('approve'));
    expect(await mayApprove()).toBe(true);
    setOnCall('dan@example.com');
    const changedAt = Date.now();
    await eventually('carol is not on call any more', async () => !(await mayApprove()));
    process.stderr.write(`from a change of the on-call list to its effect: ${Date.now() - changedAt} ms\n`);
    expect(Date.now() - changedAt).toBeLessThan(20_000);
    const late = await carol.cli(['elevations', 'approve', second]);
    expect([late.code, late.stderr]).toEqual([5, expect.stringContaining('but not approve it')]);
    expect(await alice!.cli(['elevations', 'withdraw', second])).toMatchObject({ code: 0 });
    const { stdout } = await carol.cli(['policy', 'status']);
    expect(stdout).toMatch(/follows on-call lists:\n {2}primary: 1 user, read at /);
  });
});
