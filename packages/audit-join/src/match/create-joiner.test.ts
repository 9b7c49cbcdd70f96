import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { laterSuffix, reservationId, reservedHash } from '@sallyport/contracts';
import { readAuditPolicy } from '../policy/audit-policy.ts';
import { createJoiner, type JoinerOptions } from './create-joiner.ts';

const gateway = 'system:serviceaccount:sallyport:gateway';
const time = (second: number) => new Date(Date.UTC(2026, 10, 27, 8) + second * 1000).toISOString().replace('Z', '000Z');
type Changes = Record<string, unknown>;

/** The gateway's events of a request: of its beginning and its end. */
function ours(id: string, second: number, { part, ...changes }: Changes & { part?: Changes } = {}): unknown[] {
  const event = {
    auditID: id,
    requestURI: '/api/v1/namespaces/dev/pods?limit=500',
    verb: 'list',
    user: { username: 'alice@example.com', uid: 'u1', groups: ['developers'] },
    objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
    requestReceivedTimestamp: time(second),
    stageTimestamp: time(second),
    ...changes,
  };
  const sallyport = { cluster: { name: 'dev' }, decision: { effect: 'allow' }, request: { method: 'GET' }, ...part };
  return [
    { ...event, stage: 'RequestReceived', sallyport },
    {
      responseStatus: { code: 200 },
      ...event,
      stage: 'ResponseComplete',
      stageTimestamp: time(second + 0.1),
      sallyport: { ...sallyport, upstreamMs: 1 },
    },
  ];
}

/** The cluster's events of a request: the first without the user that it impersonates, as kube-apiserver writes it. */
function theirs(id: string, second: number, changes: Changes = {}): unknown[] {
  const event: Changes = {
    kind: 'Event',
    level: 'Metadata',
    auditID: id,
    requestURI: '/api/v1/namespaces/dev/pods?limit=500',
    verb: 'list',
    user: { username: gateway, groups: ['system:serviceaccounts', 'system:authenticated'] },
    objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
    impersonatedUser: { username: 'alice@example.com', uid: 'u1', groups: ['developers', 'system:authenticated'] },
    requestReceivedTimestamp: time(second),
    stageTimestamp: time(second),
    ...changes,
  };
  const { impersonatedUser: _later, ...begun } = event;
  return [
    { ...begun, stage: 'RequestReceived' },
    { responseStatus: { code: 200 }, ...event, stage: 'ResponseComplete', stageTimestamp: time(second + 0.1) },
  ];
}

const ids = { first: randomUUID(), last: randomUUID() };

/** Joins two logs from 0 to 1000 seconds, which both have a request at each end. */
function join(gatewayEvents: unknown[], clusterEvents: unknown[], options: Partial<JoinerOptions> = {}) {
  const joiner = createJoiner({ cluster: 'dev', ...options });
  for (const event of [...ours(ids.first, 0), ...gatewayEvents, ...ours(ids.last, 1000)]) joiner.takeGateway(event);
  for (const event of [...theirs(ids.first, 0), ...clusterEvents, ...theirs(ids.last, 1000)]) joiner.takeCluster(event);
  return joiner.result();
}

const id = randomUUID();
const found = (result: ReturnType<typeof join>) =>
  result.findings.map(({ kind, differs }) => [kind, ...(differs ?? [])]);

describe('the join of the two logs', () => {
  it('finds nothing where both have the same requests', () => {
    const result = join(ours(id, 100), theirs(id, 100));
    expect(result).toMatchObject({ findings: [], sent: 3, matched: 3, undecided: 0, gatewayUsers: [gateway] });
  });

  it('finds a request that bypassed the gateway', () => {
    const bypass = theirs(id, 100, { user: { username: 'kubernetes-admin' }, impersonatedUser: undefined });
    const result = join([], bypass);
    expect(result.findings).toMatchObject([
      {
        kind: 'bypassed-gateway',
        auditID: id,
        user: 'kubernetes-admin',
        verb: 'list',
        resource: 'dev/pods',
        code: 200,
      },
    ]);
    expect(found(join([], bypass.slice(0, 1)))).toEqual([['bypassed-gateway']]);
  });

  it('does not report the components of the cluster, unless they act as a user or are the gateway', () => {
    const own = (changes: Changes) => join([], theirs(id, 100, { impersonatedUser: undefined, ...changes }));
    expect(found(own({ user: { username: 'system:kube-scheduler' } }))).toEqual([]);
    expect(own({ user: { username: 'system:kube-scheduler' } }).ignored).toEqual([
      { user: 'system:kube-scheduler', requests: 1 },
    ]);
    expect(found(own({ user: {}, responseStatus: { code: 401 } }))).toEqual([]);
    expect(found(own({ user: { username: gateway } }))).toEqual([['bypassed-gateway']]);
    expect(found(own({ user: { username: 'system:kube-x' }, impersonatedUser: { username: 'bob' } }))).toEqual([
      ['bypassed-gateway'],
    ]);
    expect(found(join([], theirs(id, 100, { user: { username: 'x' } }), { ignore: ['*'] }))).toEqual([]);
  });

  it('does not take an id of another cluster, or another spelling of an id, for one that the gateway issued', () => {
    const elsewhere = ours(id, 100, { part: { cluster: { name: 'prod' } } });
    expect(found(join(elsewhere, theirs(id, 100)))).toEqual([['bypassed-gateway']]);
    expect(found(join(ours(id, 100), [...theirs(id, 100), ...theirs(id.toUpperCase(), 101)]))).toEqual([
      ['bypassed-gateway'],
    ]);
  });

  it.each<[string, Changes, string[]]>([
    ['another user', { impersonatedUser: { username: 'bob@example.com' } }, ['user']],
    [
      'other groups',
      { impersonatedUser: { username: 'alice@example.com', uid: 'u1', groups: ['system:masters'] } },
      ['identity'],
    ],
    ['no impersonation', { impersonatedUser: undefined }, ['not-impersonated']],
    ['another verb', { verb: 'delete' }, ['verb']],
    ['another path', { requestURI: '/api/v1/namespaces/prod/secrets' }, ['path']],
    ['another account', { user: { username: 'mallory' } }, ['account']],
  ])('finds %s under an id of the gateway', (_what, changes, differs) => {
    expect(found(join(ours(id, 100), theirs(id, 100, changes)))).toEqual([['mismatched', ...differs]]);
  });

  it('finds a request that the gateway refused, and that arrived', () => {
    const refused = ours(id, 100, { part: { decision: { effect: 'deny' } }, responseStatus: { code: 403 } }).slice(1);
    expect(found(join(refused, theirs(id, 100)))).toEqual([['mismatched', 'refused-by-gateway']]);
    expect(found(join(refused, []))).toEqual([]);
  });

  it('finds a write that arrived twice, and lets the gateway send a read again', () => {
    const write = { verb: 'create', requestURI: '/api/v1/namespaces/dev/pods' };
    const sent = ours(id, 100, { ...write, part: { request: { method: 'POST' } } });
    expect(found(join(sent, [...theirs(id, 100, write), ...theirs(id, 100, write)]))).toEqual([]);
    expect(found(join(sent, [...theirs(id, 100, write), ...theirs(id, 101, write)]))).toEqual([
      ['mismatched', 'repeated'],
    ]);
    expect(found(join(ours(id, 100), [...theirs(id, 100), ...theirs(id, 101)]))).toEqual([]);
    expect(found(join(ours(id, 100), [...theirs(id, 100), ...theirs(id, 400)]))).toEqual([['mismatched', 'repeated']]);
  });

  it('finds what the cluster refused although the gateway allowed it', () => {
    const reason = 'no role';
    const refusal = {
      responseStatus: { code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': reason },
    };
    const result = join(ours(id, 100, { responseStatus: { code: 403 } }), theirs(id, 100, refusal));
    expect(result.findings).toMatchObject([{ kind: 'denied-by-cluster', user: 'alice@example.com', reason }]);
    // A refused impersonation acts as no one.
    const early = theirs(id, 100, { ...refusal, impersonatedUser: undefined });
    expect(found(join(ours(id, 100), early))).toEqual([['denied-by-cluster']]);
    const application = { objectRef: { resource: 'pods', subresource: 'proxy' }, responseStatus: { code: 403 } };
    expect(found(join(ours(id, 100), theirs(id, 100, application)))).toEqual([]);
  });

  it('finds what the cluster lost, if it records such requests', () => {
    expect(join(ours(id, 100), []).findings).toMatchObject([
      { kind: 'missing-in-cluster-log', auditID: id, user: 'alice@example.com', verb: 'list', resource: 'dev/pods' },
    ]);
    const elsewhere = { objectRef: { resource: 'events', namespace: 'dev' } };
    expect(join(ours(id, 100, elsewhere), [])).toMatchObject({ findings: [], unverifiable: 1 });
    const failed = ours(id, 100, { responseStatus: { code: 502, reason: 'ServiceUnavailable' } });
    expect(join(failed, [])).toMatchObject({ findings: [], unverifiable: 0 });
  });

  it('leaves what is near the ends of a log undecided', () => {
    const other = { user: { username: 'admin' }, impersonatedUser: undefined };
    expect(join([], theirs(id, 10, other))).toMatchObject({ findings: [], undecided: 1 });
    expect(join([], theirs(id, 990, other))).toMatchObject({ findings: [], undecided: 1 });
    expect(join(ours(id, 990), [])).toMatchObject({ findings: [], undecided: 1 });
    expect(found(join(ours(id, 10), [], { marginMs: 1000 }))).toEqual([['missing-in-cluster-log']]);
  });

  it("knows the gateway's own requests, which act as no one", () => {
    const own = ours(id, 100, { user: { username: 'gateway:discovery' }, part: { credentialKind: 'gateway' } }).slice(
      1,
    );
    expect(found(join(own, theirs(id, 100, { impersonatedUser: undefined })))).toEqual([]);
    expect(found(join(own, theirs(id, 100)))).toEqual([['mismatched', 'user']]);
  });

  it('compares whom the request was sent as, if someone acted as another', () => {
    const bob = { username: 'bob@example.com', uid: '', groups: ['sre'] };
    const acted = ours(id, 100, { impersonatedUser: { username: 'bob@example.com', groups: ['sre'] } });
    expect(found(join(acted, theirs(id, 100, { impersonatedUser: bob })))).toEqual([]);
    expect(found(join(acted, theirs(id, 100)))).toEqual([['mismatched', 'user']]);
    expect(found(join(ours(id, 100), theirs(id, 100, { impersonatedUser: bob })))).toEqual([['mismatched', 'user']]);
  });

  it("knows the gateway's own requests that act as a user, and compares that user", () => {
    const user = { username: 'alice@example.com', uid: 'u1', groups: ['developers'] };
    const review = (impersonatedUser: object) =>
      ours(id, 100, {
        user: { username: 'gateway:access-review' },
        impersonatedUser,
        part: { credentialKind: 'gateway', decision: undefined },
      }).slice(1);
    expect(found(join(review(user), theirs(id, 100)))).toEqual([]);
    expect(found(join(review({ ...user, username: 'bob@example.com' }), theirs(id, 100)))).toEqual([
      ['mismatched', 'user'],
    ]);
    expect(found(join(review({ ...user, groups: ['developers', 'sre'] }), theirs(id, 100)))).toEqual([
      ['mismatched', 'identity'],
    ]);
    expect(found(join(review(user), theirs(id, 100, { impersonatedUser: undefined })))).toEqual([
      ['mismatched', 'not-impersonated'],
    ]);
  });

  it('reads the log of an aggregated API server, which is told the user', () => {
    const direct = { user: { username: 'alice@example.com', uid: 'u1', groups: ['developers'] } };
    const logs = (changes: Changes) => theirs(id, 100, { impersonatedUser: undefined, ...changes });
    const joiner = createJoiner({ cluster: 'dev', aggregated: true });
    for (const event of ours(id, 100)) joiner.takeGateway(event);
    for (const event of logs(direct)) joiner.takeCluster(event);
    expect(joiner.result().findings).toEqual([]);
    expect(found(join(ours(id, 100), logs({ user: { username: 'bob' } }), { aggregated: true }))).toContainEqual([
      'mismatched',
      'user',
    ]);
  });

  it('takes what the cluster records from its audit policy, if it is given', () => {
    const policyOf = (...rules: unknown[]) => ({
      policy: readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules })!,
      gatewayUsers: [gateway],
    });
    const none = { level: 'None', resources: [{ group: '', resources: ['pods'] }], namespaces: ['dev'] };
    const all = { level: 'Metadata' };
    expect(join(ours(id, 100), [], policyOf(none, all))).toMatchObject({ findings: [], unverifiable: 1 });
    expect(found(join(ours(id, 100), [], policyOf(all)))).toEqual([['missing-in-cluster-log']]);
    expect(found(join(ours(id, 100), [], policyOf({ ...none, users: ['admin'] }, all)))).toHaveLength(1);
    expect(found(join(ours(id, 100), [], policyOf({ ...none, userGroups: ['system:serviceaccounts'] }, all)))).toEqual(
      [],
    );
    expect(
      found(join(ours(id, 100), [], policyOf({ ...none, resources: [{ resources: ['pods/log'] }] }, all))),
    ).toHaveLength(1);
  });

  it('counts every finding about an account, and keeps the first ones', () => {
    const many = (changes: Changes) => Array.from({ length: 150 }, () => theirs(randomUUID(), 100, changes)).flat();
    const own = join([], many({ user: { username: gateway }, impersonatedUser: undefined }));
    expect([own.counts['bypassed-gateway'], own.findings.length]).toEqual([150, 100]);
    const requests = Array.from({ length: 150 }, () => randomUUID());
    const other = join(
      requests.flatMap((each) => ours(each, 100)),
      requests.flatMap((each) => theirs(each, 100, { user: { username: 'mallory' } })),
      { gatewayUsers: [gateway] },
    );
    expect([other.counts.mismatched, other.findings.length]).toEqual([150, 100]);
  });

  it('never ignores an account that sent requests of the gateway, also if another one sent more', () => {
    const [old, stolen, foreign] = [randomUUID(), randomUUID(), randomUUID()];
    const user = { username: 'system:serviceaccount:sallyport:old-gateway' };
    const other = { username: 'system:serviceaccount:dev:app' };
    const events = [
      ...theirs(old, 100, { user }),
      ...theirs(stolen, 200, { user, impersonatedUser: undefined, verb: 'create' }),
      ...theirs(foreign, 300, { user: other, impersonatedUser: undefined }),
    ];
    const result = join(ours(old, 100), events);
    expect(result.findings.map(({ kind, auditID }) => [kind, auditID])).toEqual(
      expect.arrayContaining([
        ['mismatched', old],
        ['bypassed-gateway', stolen],
      ]),
    );
    expect(result).toMatchObject({ gatewayUsers: [gateway], ignored: [{ user: other.username, requests: 1 }] });
    const given = join(ours(old, 100), events, { gatewayUsers: [gateway] });
    expect(given.counts['bypassed-gateway']).toBe(0);
  });

  it('counts lines that are no events, and keeps the first findings of many', () => {
    const bypasses = Array.from({ length: 5 }, () => theirs(randomUUID(), 100, { user: { username: 'x' } })).flat();
    const result = join([{ nothing: true }], [...bypasses, 'text', { kind: 'Event' }], { keep: 2 });
    expect(result.findings).toHaveLength(2);
    expect(result.counts['bypassed-gateway']).toBe(5);
    expect([result.gatewayLog.unreadable, result.clusterLog.unreadable]).toEqual([1, 2]);
  });
});

describe('a read under an ID that the gateway reserved, and of which it has no event', () => {
  const suffix = '7fffffff';
  const reserved = `${randomUUID().slice(0, -8)}${suffix}`;
  const others = Array.from({ length: 4 }, () => `${randomUUID().slice(0, -8)}${suffix}`);
  const reservation = (second: number, ids: string[] | undefined, by = 0, cluster = 'dev') => ({
    auditID: reservationId(laterSuffix(suffix, by)),
    stage: 'ResponseComplete',
    requestReceivedTimestamp: time(second),
    stageTimestamp: time(second),
    sallyport: {
      cluster: { name: cluster },
      reservation: { suffix: laterSuffix(suffix, by), hashes: ids?.map(reservedHash).join('') },
    },
  });
  const made = reservation(90, [...others, reserved]);
  const secret = { objectRef: { resource: 'secrets', namespace: 'dev' }, requestURI: '/api/v1/namespaces/dev/secrets' };

  it('is unfinished if the gateway was killed, and is a request of the gateway', () => {
    expect(join([made], theirs(reserved, 100))).toMatchObject({
      findings: [{ kind: 'unfinished', auditID: reserved, user: 'alice@example.com', account: gateway, code: 200 }],
      counts: { unfinished: 1, 'bypassed-gateway': 0 },
      sent: 3,
      matched: 3,
      gatewayUsers: [gateway],
    });
  });

  it('is unfinished also if the API server recorded only its beginning', () => {
    const begun = theirs(reserved, 100, { user: { username: 'gateway' } }).slice(0, 1);
    expect(found(join([made], begun))).toEqual([['unfinished']]);
    expect(found(join([], begun))).toEqual([['bypassed-gateway']]);
  });

  it('bypassed the gateway if its ID is not exactly a reserved one, however much of it a thief knows', () => {
    for (const id of [
      `${randomUUID().slice(0, -8)}${suffix}`,
      reserved.toUpperCase(),
      reservedHash(reserved),
      reservationId(suffix),
      suffix,
    ])
      expect(found(join([made], theirs(id, 100)))).toEqual([['bypassed-gateway']]);
  });

  it('bypassed the gateway if the ID was reserved for another cluster, or at another time', () => {
    for (const other of [
      reservation(90, [reserved], 0, 'prod'),
      reservation(90, [reserved], 1),
      reservation(100 + 700, [reserved]),
      reservation(100 - 3600 - 700, [reserved]),
    ])
      expect(found(join([other], theirs(reserved, 100)))).toEqual([['bypassed-gateway']]);
  });

  it('bypassed the gateway if the process lived on, or ended in order: it would have recorded a read', () => {
    for (const by of [1, 2, 3]) {
      expect(found(join([made, reservation(150, others, by)], theirs(reserved, 100)))).toEqual([['bypassed-gateway']]);
      expect(found(join([made, reservation(101, undefined, by)], theirs(reserved, 100)))).toEqual([
        ['bypassed-gateway'],
      ]);
      expect(found(join([made, reservation(101, others, by)], theirs(reserved, 100)))).toEqual([['unfinished']]);
    }
  });

  it('bypassed the gateway if it writes, or succeeded without acting as a user', () => {
    for (const changes of [{ verb: 'create' }, { verb: 'delete' }, { impersonatedUser: undefined }])
      expect(found(join([made], theirs(reserved, 100, changes)))).toEqual([['bypassed-gateway']]);
  });

  it('that arrives twice is found, although the gateway may send a read again', () => {
    expect(found(join([made], [...theirs(reserved, 100), ...theirs(reserved, 101)]))).toEqual([
      ['mismatched', 'repeated'],
      ['unfinished'],
    ]);
    const other = theirs(reserved, 101, { ...secret, impersonatedUser: { username: 'bob@example.com' } });
    expect(found(join([made], [...theirs(reserved, 100), ...other]))).toEqual([
      ['mismatched', 'repeated'],
      ['unfinished'],
    ]);
  });

  it("from another account than the gateway's is found", () => {
    const result = join([made], theirs(reserved, 100, { user: { username: 'thief' } }));
    expect(result.counts).toMatchObject({ mismatched: 1, 'bypassed-gateway': 0 });
  });

  it('is undecided near the ends of a log', () => {
    expect(join([reservation(960, [reserved])], theirs(reserved, 980))).toMatchObject({ findings: [], undecided: 1 });
  });
});
