import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { createDurableWriter, type DurableWriter } from '../redis/durable-writer.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { exampleSession, freshHash } from '../testing/example-session.ts';
import { startRedisReplication, type RedisReplication } from '../testing/redis-replication.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { wait } from '../testing/wait.ts';
import { createRedisSessionStore } from './create-redis-session-store.ts';
import type { SessionStore } from './session-store.ts';

const deps = { logger: pino({ level: 'silent' }) };
/** For replicas that are there: a busy machine may keep them waiting. */
const patientMs = 8000;
const by = { by: 'alice@example.com', reason: 'revoked' } as const;

describeOnRedis('the end of a session on a Redis with a replica', () => {
  let servers: RedisReplication;
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    servers = await startRedisReplication();
  });
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
    await servers.stop();
  });
  const keep = <One extends { close(): Promise<void> }>(one: One): One => {
    opened.push(one);
    return one;
  };
  const configFor = ({ port }: { port: number }) => sessionsSchemaFor({ redis: `redis://127.0.0.1:${port}` });
  const connect = async (server: { port: number }): Promise<RedisConnection> =>
    keep(await connectRedis(configFor(server), deps));
  const writerTo = (server: { port: number }, timeout = patientMs): DurableWriter =>
    keep(createDurableWriter({ ...configFor(server), waitForReplicas: { count: 1, timeout } }, deps));
  const storeOn = (redis: RedisConnection, writer?: DurableWriter): SessionStore =>
    keep(createRedisSessionStore({ redis, now: Date.now, ...(writer ? { writer } : {}) }));
  const begin = async (store: SessionStore) => {
    const hash = freshHash();
    const session = exampleSession(Date.now());
    await store.create(hash, session);
    await servers.settled();
    return { hash, id: session.id };
  };
  /** Replaces the master by the replica, and looks up sessions there. */
  const failOver = async () => {
    await servers.master.stop();
    servers.replica.thaw();
    await servers.promote();
    return storeOn(await connect(servers.replica));
  };

  it('survives a failover once it is confirmed, with the ended rights', async () => {
    const store = storeOn(await connect(servers.master), writerTo(servers.master));
    const { hash, id } = await begin(store);
    servers.replica.freeze();
    expect(await store.revoke(id, by)).toMatchObject({ id });
    await store.endRights({ user: 'alice@example.com' }, 'revoked');
    const confirmed = store.confirm();
    await wait(150);
    servers.replica.thaw();
    await confirmed;
    const after = await failOver();
    expect(await after.find([hash])).toMatchObject([{ state: 'revoked' }]);
    expect((await after.rightsEnded()).ends).toMatchObject([{ of: { user: 'alice@example.com' } }]);
  });

  // This is what the setting is for. Without it, the first test would fail.
  it('is lost where nothing waits for the replica', async () => {
    const store = storeOn(await connect(servers.master));
    const { hash, id } = await begin(store);
    servers.replica.freeze();
    await servers.cut('replica');
    await store.revoke(id, by);
    await store.confirm();
    expect(await (await failOver()).find([hash])).toMatchObject([{ state: 'live' }]);
  });

  it('takes effect at once without the replica, and is confirmed when the replica is back', async () => {
    const store = storeOn(await connect(servers.master), writerTo(servers.master, 400));
    const { hash, id } = await begin(store);
    await servers.replica.stop();
    expect(await store.revoke(id, by)).toMatchObject({ id });
    expect(await store.find([hash])).toMatchObject([{ state: 'revoked' }]);
    await expect(store.confirm()).rejects.toMatchObject({ status: 503, detail: expect.stringContaining('Repeat it') });
    await servers.replica.start();
    await servers.settled();
    await storeOn(await connect(servers.master), writerTo(servers.master)).confirm();
    expect(await (await failOver()).find([hash])).toMatchObject([{ state: 'revoked' }]);
  });

  describe('that a master took after it had been replaced without noticing', () => {
    it('is not confirmed by the master that replaced it', async () => {
      const redis = await connect(servers.master);
      const { hash, id } = await begin(storeOn(redis));
      await servers.promote();
      const other = await startRedisReplication();
      opened.unshift({ close: () => other.stop() });
      const store = storeOn(redis, writerTo(other.master));
      expect(await store.revoke(id, by)).toMatchObject({ id });
      await expect(store.confirm()).rejects.toMatchObject({ status: 503 });
      expect(await storeOn(await connect(servers.replica)).find([hash])).toMatchObject([{ state: 'live' }]);
    });
  });
});
