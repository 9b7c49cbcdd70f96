import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClusterEvent } from '@sallyport/audit-join';
import { sampleAuditRecord } from '@sallyport/audit-log';
import { auditQuerySchema, reservationId, reservedHash, type AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { eventually, until } from '@sallyport/kit/testing';
import { startLiveJoin, type LiveJoin, type LiveJoinDeps } from '../live-join/start-live-join.ts';
import type { AuditStores } from '../stores/open-stores.ts';
import type { AuditStoreHarness } from './audit-store-harness.ts';
import { makeClusterEvent } from './cluster-events.conformance.ts';

const logger = createLogger({ service: 'audit', level: 'silent' });
const gateway = 'system:serviceaccount:sallyport:gateway';
const alice = { username: 'alice@example.com', uid: 'u1', groups: ['developers'] };
const micros = (at: number) => new Date(at).toISOString().replace('Z', '456Z');
type Changes = Partial<ClusterEvent>;

/** The rules for the comparison as events arrive: part of the rules that every audit store follows. */
export function describeLiveJoin(open: () => AuditStoreHarness): void {
  let name: string;
  let running: LiveJoin[];
  let replicas: AuditStores[];
  /** Alerts are stored one after the other, as the consumer of the topic does. */
  let stored: Promise<void> = Promise.resolve();
  beforeEach(() => {
    [name, running, replicas] = [`c-${randomUUID()}`, [], []];
  });
  afterEach(async () => {
    await Promise.all(running.map((one) => one.close()));
    await stored;
    await Promise.all(replicas.map((one) => one.close()));
  });

  /** Starts a comparison, whose alerts are stored like other events. */
  type Start = Partial<LiveJoinDeps> & { grace?: number; gatewayUsers?: string[] };
  const start = (changes: Start = {}, stores = open().stores): LiveJoin => {
    const { grace = 100, gatewayUsers, ...deps } = changes;
    const live = startLiveJoin({
      clusters: [{ name, ignore: ['system:*'], grace, ...(gatewayUsers ? { gatewayUsers } : {}) }],
      join: stores.join,
      sink: {
        hasRoom: () => true,
        enqueue(record) {
          stored = stored.then(() => stores.events.add([record])).then(() => live.stored([record]));
        },
      },
      logger,
      metrics: { found: () => undefined },
      now: Date.now,
      checkTrail: () => undefined,
      stepMs: 20,
      ...deps,
    });
    running.push(live);
    return live;
  };
  /** The events of the gateway for one request of alice. */
  const sent = (id: string, changes: Partial<AuditRecord['data']> = {}, at = Date.now()): AuditRecord => {
    const record = sampleAuditRecord({
      session: randomUUID(),
      time: at,
      data: {
        auditID: id,
        stage: 'ResponseComplete',
        requestURI: '/api/v1/namespaces/dev/pods',
        verb: 'list',
        objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
        user: alice,
        responseStatus: { code: 200 },
        requestReceivedTimestamp: micros(at),
        stageTimestamp: micros(at),
        ...changes,
      },
    });
    Object.assign(record.data.sallyport, {
      cluster: { id: name, name },
      credentialKind: 'session',
      decision: { effect: 'allow', rule: 'r', reasons: [] },
      request: { method: 'GET' },
      upstreamMs: 1,
    });
    return record;
  };
  const objectRef = { resource: 'pods', namespace: 'dev', apiVersion: 'v1' };
  const proxied: Changes = { user: { username: gateway }, impersonatedUser: alice, objectRef };
  const recorded = (id: string, changes: Changes = {}, at = Date.now()) =>
    makeClusterEvent(id, at, { ...proxied, ...changes });
  const direct: Changes = { user: { username: 'kubernetes-admin' }, impersonatedUser: undefined };
  const receive = (...events: ClusterEvent[]) =>
    open().stores.clusterEvents.add(
      name,
      events.map((event) => ({ event, keep: true })),
    );
  const records = async () => {
    const query = auditQuerySchema.parse({ cluster: name, type: 'audit.alert', order: 'oldest', limit: 1000 });
    return (await open().stores.events.find(query)).events;
  };
  const alerts = async () => (await records()).map(({ data }) => data.sallyport.alert!);
  const soon = async (count: number) => {
    let all = await alerts();
    const came = async () => (all = await alerts()).length >= count;
    await eventually(`${count} alerts`, came, undefined, () => `besides ${JSON.stringify(all)}`);
    return all;
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 1000));

  describe('compares as events arrive', () => {
    it('alerts once to a request that bypassed the gateway, with two replicas, and after restarts', async () => {
      const replica = open().replica();
      replicas.push(replica);
      start();
      start({}, replica);
      const id = randomUUID();
      await receive(recorded(id, { ...direct, stage: 'RequestReceived' }), recorded(id, direct, Date.now() + 1));
      expect(await soon(1)).toMatchObject([
        { kind: 'bypassed-gateway', auditID: id, user: 'kubernetes-admin', verb: 'list', resource: 'dev/pods' },
      ]);
      await Promise.all(running.splice(0).map((one) => one.close()));
      start();
      await receive(recorded(id, direct));
      await settle();
      expect((await alerts()).length).toBeLessThanOrEqual(2);
      expect((await alerts()).every(({ kind }) => kind === 'bypassed-gateway')).toBe(true);
    });

    it('tells a read that the gateway was killed in from one that bypassed it, and finds a repeated ID', async () => {
      start();
      const [lost, twice, invented] = Array.from({ length: 3 }, () => `${randomUUID().slice(0, -8)}00000000`) as [
        string,
        string,
        string,
      ];
      const reservation = sampleAuditRecord({ cluster: name, time: Date.now() - 1_800_000 });
      Object.assign(reservation, { type: 'audit.reservation' });
      Object.assign(reservation.data, { auditID: reservationId('00000000'), objectRef: undefined, user: {} });
      Object.assign(reservation.data.sallyport, {
        identity: undefined,
        reservation: { suffix: '00000000', hashes: [twice, lost].map(reservedHash).join('') },
      });
      await open().stores.events.add([reservation]);
      await receive(recorded(lost), recorded(invented), recorded(twice), recorded(twice, {}, Date.now() + 1000));
      const found = (await soon(3)).toSorted((a, b) => a.kind.localeCompare(b.kind));
      expect(found).toMatchObject([
        { kind: 'bypassed-gateway', auditID: invented },
        { kind: 'mismatched', auditID: twice, differs: ['repeated'] },
        { kind: 'unfinished', user: 'alice@example.com' },
      ]);
    });

    it('finds nothing where both agree, whichever comes first', async () => {
      start({ grace: 3000 });
      const [first, second] = [randomUUID(), randomUUID()];
      await receive(recorded(first));
      await open().stores.events.add([sent(first), sent(second)]);
      await receive(recorded(second));
      await settle();
      expect(await alerts()).toEqual([]);
    });

    it.each<[string, Changes, object]>([
      [
        'what the cluster refused',
        { responseStatus: { code: 403 }, annotations: { 'authorization.k8s.io/reason': 'no role' } },
        { kind: 'denied-by-cluster', code: 403, reason: 'no role' },
      ],
      ['another user', { impersonatedUser: { username: 'bob' } }, { kind: 'mismatched', differs: ['user'] }],
      ['a request in no name but its own', { impersonatedUser: undefined }, { differs: ['not-impersonated'] }],
      ['another address', { requestURI: '/api/v1/namespaces/prod/secrets' }, { differs: ['path'] }],
    ])('alerts to %s', async (_what, changes, expected) => {
      start();
      const id = randomUUID();
      await open().stores.events.add([sent(id)]);
      await receive(recorded(id, changes));
      expect(await soon(1)).toMatchObject([{ auditID: id, ...expected }]);
    });

    it('alerts to a write under an ID that was used before, however late', async () => {
      start();
      const id = randomUUID();
      const write = sent(id, { verb: 'create' });
      write.data.sallyport.request = { method: 'POST' };
      await open().stores.events.add([write]);
      await receive(recorded(id, { verb: 'create' }));
      await settle();
      expect(await alerts()).toEqual([]);
      await receive(recorded(id, { verb: 'create' }, Date.now() + 5));
      expect(await soon(1)).toMatchObject([{ kind: 'mismatched', differs: ['repeated'] }]);
    });

    it("alerts to another account than the gateway's, once it is known", async () => {
      start();
      const [known, id] = [randomUUID(), randomUUID()];
      await open().stores.events.add([sent(known), sent(id)]);
      await receive(recorded(known));
      await settle();
      await receive(recorded(id, { user: { username: 'system:serviceaccount:x:thief' } }));
      expect(await soon(1)).toMatchObject([{ kind: 'mismatched', differs: ['account'] }]);
      // From now on, the gateway's account is watched although its name is ignored.
      const stolen = randomUUID();
      const event = recorded(stolen, { impersonatedUser: undefined });
      await open().stores.clusterEvents.add(name, [{ event, keep: false }]);
      expect(await soon(2)).toMatchObject([{}, { kind: 'bypassed-gateway', auditID: stolen, user: gateway }]);
    });

    it.each([
      ['an hour', '61 minutes'],
      ['a week', '8 days'],
    ])(
      "alerts to a stolen credential of the gateway's account after %s in which it sent nothing",
      async (_what, time) => {
        start();
        const known = randomUUID();
        await open().stores.events.add([sent(known)]);
        await receive(recorded(known));
        await settle();
        await open().run('update audit_cluster_accounts set last = last - $2::interval where cluster = $1', [
          name,
          time,
        ]);
        await open().stores.join.forget(Date.now() - 7 * 24 * 3_600_000);
        const stolen = randomUUID();
        const event = recorded(stolen, { impersonatedUser: undefined, verb: 'create' });
        await open().stores.clusterEvents.add(name, [{ event, keep: false }]);
        expect(await soon(1)).toMatchObject([{ kind: 'bypassed-gateway', auditID: stolen, user: gateway }]);
      },
    );

    it('forgets an account that sent nothing for a week in which another one did', async () => {
      start();
      const [old, next] = [randomUUID(), randomUUID()];
      await open().stores.events.add([sent(old)]);
      await receive(recorded(old));
      await settle();
      await open().run("update audit_cluster_accounts set last = last - interval '8 days' where cluster = $1", [name]);
      await open().stores.events.add([sent(next)]);
      await receive(recorded(next, { user: { username: `${gateway}-2` } }));
      await settle();
      await open().stores.join.forget(Date.now() - 7 * 24 * 3_600_000);
      expect(await open().stores.join.gatewayAccounts(name)).toEqual({
        known: [`${gateway}-2`],
        current: `${gateway}-2`,
      });
      // On a busy machine, the cluster may seem to have sent nothing of a request for longer than the grace.
      expect((await alerts()).filter(({ kind }) => kind !== 'missing-in-cluster-log')).toEqual([]);
    });

    it('alerts to requests of the configured account alone, before and while the gateway sends any', async () => {
      start({ gatewayUsers: [`${gateway}-2`] });
      const [known, own, other] = [randomUUID(), randomUUID(), randomUUID()];
      await open().stores.events.add([sent(known)]);
      await receive(recorded(known, { user: { username: `${gateway}-2` } }));
      await settle();
      await receive(recorded(other, { user: { username: gateway }, impersonatedUser: undefined }));
      await receive(recorded(own, { user: { username: `${gateway}-2` }, impersonatedUser: undefined }));
      expect(await soon(1)).toMatchObject([{ kind: 'bypassed-gateway', auditID: own }]);
      await settle();
      expect(await alerts()).toHaveLength(1);
    });

    it('alerts to a request of which the cluster sends nothing, if it records such requests', async () => {
      start({ grace: 2000 });
      const [known, lost, other] = [randomUUID(), randomUUID(), randomUUID()];
      await open().stores.events.add([sent(known)]);
      await receive(recorded(known));
      await settle();
      await open().stores.events.add([
        sent(lost),
        sent(other, { objectRef: { resource: 'events' } }),
        sent(randomUUID(), { responseStatus: { code: 502, reason: 'ServiceUnavailable' } }),
      ]);
      expect(await soon(1)).toMatchObject([{ kind: 'missing-in-cluster-log', auditID: lost, user: alice.username }]);
      await settle();
      expect(await alerts()).toHaveLength(1);
    });

    it('goes on after a request whose names are longer than an index can hold, or have characters that it cannot', async () => {
      start({ grace: 2000 });
      const [long, odd, lost, id] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      const noise = (length: number) =>
        randomBytes(2 * length)
          .toString('base64')
          .slice(0, length);
      const refs = [
        { resource: noise(1000), namespace: noise(1000), apiGroup: noise(1000) },
        { resource: 'pods', namespace: 'a\0b\ud800' },
      ];
      await open().stores.events.add([long, odd].map((each, at) => sent(each, { objectRef: refs[at] })));
      await receive(recorded(long, { objectRef: refs[0] }), recorded(odd, { objectRef: refs[1] }));
      await receive(recorded(randomUUID(), { user: { username: 'x\0y' }, impersonatedUser: undefined }));
      expect(await soon(1)).toMatchObject([{ user: 'x\0y' }]);
      expect(await open().stores.join.open(name, 10)).toEqual([]);
      await receive(recorded(id, direct));
      expect(await soon(2)).toMatchObject([{ user: 'x\0y' }, { kind: 'bypassed-gateway', auditID: id }]);
      await open().stores.events.add([sent(lost, { objectRef: refs[0] })]);
      expect(await soon(3)).toMatchObject([{}, {}, { kind: 'missing-in-cluster-log', auditID: lost }]);
    });

    it('makes of a flood a bounded number of events, which count all of it', async () => {
      const found: number[] = [];
      start({ metrics: { found: (_cluster, _kind, count) => void found.push(count) } });
      const flood = Array.from({ length: 1500 }, (_, number) =>
        recorded(randomUUID(), { ...direct, user: { username: `user-${number % 300}` } }),
      );
      await receive(...flood);
      await until(() => found.length >= 1500);
      await settle();
      expect(found).toHaveLength(1500);
      expect((await alerts()).length).toBeLessThanOrEqual(101);
      await Promise.all(running.splice(0).map((one) => one.close()));
      await stored;
      const later = Date.now() + 3_600_000;
      const claimed = await open().stores.join.claimAlerts(later, later - 1, later);
      // An alert may be claimed again before it is noted that the trail has it. Its id is the same.
      const counts = new Map([
        ...(await records()).map(({ id, data }) => [id, data.sallyport.alert!.count ?? 1] as const),
        ...claimed.filter(({ cluster }) => cluster === name).map(({ id, count }) => [id, count] as const),
      ]);
      expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(1500);
    });

    it('accuses no one while the trail cannot be read, and publishes later what the sink had no room for', async () => {
      let isDown = true;
      let hasRoom = false;
      const published: AuditRecord[] = [];
      start({
        checkTrail: () => {
          if (isDown) throw new Error('Kafka is down');
        },
        sink: { hasRoom: () => hasRoom, enqueue: (record) => void published.push(record) },
      });
      await receive(recorded(randomUUID(), direct));
      await settle();
      expect(await open().stores.join.open(name, 10)).toHaveLength(1);
      isDown = false;
      await until(async () => (await open().stores.join.open(name, 10)).length === 0);
      await Promise.all(running.splice(0).map((one) => one.close()));
      expect(published).toEqual([]);
      hasRoom = true;
      // Another replica publishes what this one claimed and did not tell.
      start({ now: () => Date.now() + 600_000 });
      expect(await soon(1)).toMatchObject([{ kind: 'bypassed-gateway' }]);
    });
  });
}
