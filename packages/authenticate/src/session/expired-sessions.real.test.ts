import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { connectRedis, createRedisSessionStore, type RedisConnection, type SessionStore } from '@sallyport/stores';
import { describeOnRedis, prepareRedisServer, sessionsSchemaFor, type RedisServer } from '@sallyport/stores/testing';
import { pino } from 'pino';
import { recordingSink } from '../testing/recording-sink.ts';
import { createExpiryEvents, createExpiryReporter } from './expiry-reporter.ts';

const logger = pino({ level: 'silent' });
const [idleMs, minute] = [600_000, 60_000];

function describeReplicas(): void {
  let server: RedisServer;
  let connections: RedisConnection[];
  let stores: SessionStore[];
  let audit: ReturnType<typeof recordingSink>;
  const clock = { now: Date.now() };
  const now = () => clock.now;

  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}/1` });
    connections = [await connectRedis(config, { logger }), await connectRedis(config, { logger })];
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await server.stop();
  });
  beforeEach(() => {
    const keyPrefix = `test-${randomUUID()}`;
    stores = connections.map((redis) => createRedisSessionStore({ redis, now, keyPrefix }));
    audit = recordingSink();
  });
  const reporterOn = (sessions: SessionStore, record = createExpiryEvents({ audit })) =>
    createExpiryReporter({ sessions, audit, record, logger, random: () => 0.5, pollMs: 20 });
  const begin = async (id: string) => {
    const tokenHash = hashToken(id);
    const session = {
      version: 1 as const,
      id,
      kind: 'cli' as const,
      createdAt: clock.now,
      expiresAt: clock.now + 6 * idleMs,
      idleMs,
      identity: { provider: 'p', issuer: 'i', subject: 's', user: 'alice', groups: [], claims: {}, amr: [] },
    };
    await stores[0]!.create(tokenHash, session);
    return { tokenHash, session };
  };
  const reported = () => audit.records.map(({ type, data }) => `${type} ${data.sallyport.sessionId}`).toSorted();

  describe('replicas of authenticate', () => {
    it('record the end of each session once', async () => {
      const ids = Array.from({ length: 100 }, (_, n) => `session-${n}`);
      for (const id of ids) await begin(id);
      clock.now += idleMs + minute;
      const counts = await Promise.all([...stores, ...stores].map((store) => reporterOn(store).runDue()));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
      expect(reported()).toEqual(ids.map((id) => `session.expired ${id}`).toSorted());
    });

    it('record no end of a session that another replica of the gateway uses or revokes at the last moment', async () => {
      const [used, revoked] = [await begin('used'), await begin('revoked')];
      clock.now += idleMs - 1;
      await stores[1]!.renew(used.tokenHash, used.session);
      await stores[1]!.revoke('revoked', { by: 'alice', reason: 'logout' });
      clock.now += minute;
      await Promise.all(stores.map((store) => reporterOn(store).runDue()));
      expect(reported()).toEqual([]);
      expect((await stores[0]!.find([used.tokenHash, revoked.tokenHash])).map(({ state }) => state)).toEqual([
        'live',
        'revoked',
      ]);
    });

    it('record what ended while none ran, and what one of them could not record', async () => {
      await begin('one');
      clock.now += idleMs + 60 * minute;
      await expect(reporterOn(stores[0]!, async () => 'late').runDue()).rejects.toThrow('did not record');
      expect(await reporterOn(stores[1]!).runDue()).toBe(0);
      clock.now += minute;
      const restarted = reporterOn(stores[1]!);
      restarted.start();
      await until(() => audit.records.length > 0);
      await restarted.close();
      expect(reported()).toEqual(['session.expired one']);
      clock.now += 10 * minute;
      expect(await reporterOn(stores[0]!).runDue()).toBe(0);
    });

    it('record an end with the same id if one of them stops before it has forgotten the session', async () => {
      await begin('one');
      clock.now += idleMs + minute;
      const stops = { ...stores[0]!, forgetExpired: async () => Promise.reject(new Error('stopped')) };
      await expect(reporterOn(stops).runDue()).rejects.toThrow('stopped');
      clock.now += minute;
      expect(await reporterOn(stores[1]!).runDue()).toBe(1);
      expect(audit.records.map(({ id }) => id)).toEqual([audit.records[0]!.id, audit.records[0]!.id]);
    });
  });
}

describeOnRedis('the end of sessions', describeReplicas);
