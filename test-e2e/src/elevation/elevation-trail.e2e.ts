import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditRecord, ElevationReport } from '@sallyport/contracts';
import {
  describeWith,
  eventually,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type Person,
  type RecordingUpstream,
} from '../harness/index.ts';

describeWith(['redis', 'kafka', 'postgres'], 'elevations in the audit trail', () => {
  let [gateway, upstream]: [Gateway, RecordingUpstream] = [undefined!, undefined!];
  let [alice, bob, carol]: Person[] = [];
  let ids: { approved: string; glass: string };
  const elevate = async (name: string, ...more: string[]) => {
    const args = ['elevate', name, '--cluster', 'dev', '--for', '20m', '--reason', 'the shop is down', '--no-wait'];
    const { code, stdout, stderr } = await alice!.cli([...args, ...more, '-o', 'json']);
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as { id: string }).id;
  };
  const json = async <T>(person: Person, ...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await person.cli([...args, '-o', 'json']);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as T;
  };
  const search = async (person: Person, ...args: string[]) =>
    (await json<{ events: AuditRecord[] }>(person, 'audit', 'search', ...args)).events;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    const entry = { clusters: ['dev'], requesters: { groups: ['developers'] }, maxDuration: '30m' };
    gateway = await startGateway({
      mode: 'processes',
      clusters: [
        {
          name: 'dev',
          ...upstream.access,
          policy: [{ allow: { and: [{ groups: 'developers' }, { 'k8s/verb': { not: 'delete' } }] } }],
        },
      ],
      more: {
        elevations: [
          { ...entry, name: 'prod-admin', groups: ['prod-admins'], approvers: { groups: ['sre'] } },
          { ...entry, name: 'break-glass', groups: ['shop-admins'], approvals: 0, namespaces: ['shop'] },
        ],
      },
    });
    [alice, bob, carol] = await Promise.all(
      ['alice', 'bob', 'carol'].map((name) => gateway.person(`${name}@example.com`)),
    );
    const approved = await elevate('prod-admin', '--ticket', 'INC-7');
    const { code, stderr } = await bob!.cli(['elevations', 'approve', approved]);
    if (code !== 0) throw new Error(stderr);
    ids = { approved, glass: await elevate('break-glass', '--namespace', 'shop') };
    const { token } = await gateway.login('alice@example.com');
    const ask = async (path: string, method = 'GET') =>
      (await gateway.request(`/clusters/dev${path}`, { token, method })).status;
    expect(await ask('/api/v1/namespaces/shop/pods')).toBe(200);
    expect(await ask('/api/v1/namespaces/shop/pods')).toBe(200);
    expect(await ask('/api/v1/namespaces/other/secrets')).toBe(200);
    expect(await ask('/api/v1/namespaces/shop/pods/web', 'DELETE')).toBe(403);
    await eventually(
      'the events in the store',
      async () => (await search(carol!, '--elevation', ids.approved, '--type', 'k8s.request')).length >= 4,
    );
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  it('sends every elevation that a request uses to the cluster, and names all of them in its event', async () => {
    const sent = upstream.requests.filter(({ url }) => url.startsWith('/api/v1/namespaces/shop/pods'));
    expect(sent).toHaveLength(2);
    for (const request of sent) {
      expect(request.header('impersonate-extra-sallyport.dev%2felevation')).toEqual([ids.approved, ids.glass]);
      expect(request.header('impersonate-group')).toEqual(expect.arrayContaining(['prod-admins', 'shop-admins']));
    }
    const both = await search(carol!, '--elevation', ids.glass, '--type', 'k8s.request');
    expect(both.map(({ data }) => data.verb).sort()).toEqual(['delete', 'list', 'list']);
    for (const { data } of both)
      expect(data.sallyport).toMatchObject({
        // Break-glass does not hide behind another one.
        elevation: { id: ids.glass, name: 'break-glass', approvers: [], breakGlass: true },
        elevations: [
          { id: ids.approved, name: 'prod-admin' },
          { id: ids.glass, name: 'break-glass' },
        ],
      });
    const one = await search(carol!, '--elevation', 'prod-admin', '--resource', 'secrets');
    const elevation = { id: ids.approved, name: 'prod-admin', approvers: ['bob@example.com'] };
    expect(one).toMatchObject([{ data: { sallyport: { elevation } } }]);
    expect(one[0]!.data.sallyport).not.toHaveProperty('elevations');
  });

  it('shows both with one request', async () => {
    const [{ data }] = (await search(carol!, '--elevation', ids.glass, '--verb', 'delete')) as [AuditRecord];
    const { stdout } = await carol!.cli(['audit', 'show', data.auditID]);
    const lines = stdout.split('\n').filter((line) => line.startsWith('Elevation:'));
    expect(lines).toHaveLength(2);
    const why = 'asked for because "the shop is down"';
    expect(lines[0]).toContain(
      `prod-admin ${ids.approved}, ${why}, ticket INC-7, approved by bob@example.com, requested`,
    );
    expect(lines[1]).toContain(`break-glass ${ids.glass}, ${why}, requested`);
  });

  it('are reported to an auditor with what they were used for, and to others only as their own, in the same state', async () => {
    const { elevations } = await json<ElevationReport>(
      carol!,
      'elevations',
      'report',
      '--from',
      '1h',
      '--cluster',
      'dev',
    );
    const [approved, glass] = [ids.approved, ids.glass].map((id) => elevations.find((one) => one.id === id)!);
    expect(approved).toMatchObject({
      name: 'prod-admin',
      user: 'alice@example.com',
      approvers: ['bob@example.com'],
      ticket: 'INC-7',
      reason: 'the shop is down',
      breakGlass: false,
      state: 'active',
      requests: 4,
      refused: 1,
      failed: 0,
    });
    expect(approved!.steps.map(({ type, user }) => [type, user])).toEqual([
      ['requested', 'alice@example.com'],
      ['approved', 'bob@example.com'],
      ['activated', undefined],
    ]);
    expect(glass).toMatchObject({ namespace: 'shop', approvers: [], breakGlass: true, requests: 3, refused: 1 });
    expect(glass!.uses).toEqual([
      { verb: 'list', resource: 'pods', requests: 2, refused: 0, failed: 0, streams: 0 },
      { verb: 'delete', resource: 'pods', requests: 1, refused: 1, failed: 0, streams: 0 },
    ]);
    const own = await json<ElevationReport>(alice!, 'elevations', 'report');
    expect(own.scope).toBe('own');
    expect(own.elevations.map(({ id }) => id).sort()).toEqual([ids.approved, ids.glass].sort());
    expect(own.elevations.find(({ id }) => id === ids.approved)).toEqual(approved);
    const ofBob = await json<ElevationReport>(bob!, 'elevations', 'report', '--user', 'alice@example.com');
    expect(ofBob.elevations).toMatchObject([
      { id: ids.approved, state: 'unknown', requests: 0, steps: [{ type: 'approved', user: 'bob@example.com' }] },
    ]);
    const csv = await carol!.cli(['elevations', 'report', '-o', 'csv']);
    expect(csv.stdout).toContain(`${ids.glass},break-glass,dev/shop,alice@example.com,active,`);
  });

  it('are in no event of the gateway’s own API, on which they have no effect', async () => {
    const calls = await search(carol!, '--type', 'http.request', '--limit', '200', '--user', 'alice@example.com');
    expect(calls.length).toBeGreaterThan(0);
    for (const { data } of calls) expect(data.sallyport).not.toHaveProperty('elevation');
  });
});
