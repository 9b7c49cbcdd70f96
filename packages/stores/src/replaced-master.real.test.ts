import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { createSessionStores } from './create-session-stores.ts';
import { describeOnRedis } from './testing/describe-on-redis.ts';
import { exampleSession } from './testing/example-session.ts';
import { prepareRedisServer, type RedisServer } from './testing/redis-server.ts';
import { sessionsSchemaFor } from './testing/sessions-config.ts';

// The Sentinel and the gateway have accounts of their own. When that of the Sentinel is gone on the master, the master is
// cut off from the Sentinel, which promotes the replica, but not from the gateway.
const accounts = ['user gateway on >own-password ~* &* +@all', 'requirepass of-the-sentinel'];
const asGateway = { username: 'gateway', password: 'own-password' };

describeOnRedis('a master that was replaced and does not know it', () => {
  let [master, replica, sentinel] = [] as unknown as [RedisServer, RedisServer, RedisServer];
  const admins: Redis[] = [];
  const on = ({ port }: RedisServer) => {
    const client = new Redis({ port, host: '127.0.0.1', ...asGateway });
    admins.push(client);
    return client;
  };
  beforeAll(async () => {
    master = await prepareRedisServer([...accounts, 'repl-diskless-sync-delay 0']);
    const following = [`replicaof 127.0.0.1 ${master.port}`, 'masteruser gateway', 'masterauth own-password'];
    replica = await prepareRedisServer([...accounts, ...following]);
    sentinel = await prepareRedisServer(
      [
        `sentinel monitor gate 127.0.0.1 ${master.port} 1`,
        'sentinel auth-pass gate of-the-sentinel',
        'sentinel down-after-milliseconds gate 500',
      ],
      ['--sentinel'],
    );
    for (const server of [master, replica, sentinel]) await server.start();
  });
  afterAll(async () => {
    for (const one of admins) one.disconnect();
    for (const server of [master, replica, sentinel]) await server?.stop();
  });

  it('is left as soon as a Sentinel names another, by commands and by subscriptions', async () => {
    const config = sessionsSchemaFor({
      redis: `redis://gateway:own-password@127.0.0.1:${sentinel.port}`,
      mode: 'sentinel',
      sentinel: 'gate',
    });
    const { sessions, close } = await createSessionStores(config, { logger: pino({ level: 'silent' }), now: Date.now });
    const heard: string[] = [];
    sessions.onChange(({ sessionId }) => heard.push(sessionId));
    const create = async (id: string) => {
      await sessions.create(id, { ...exampleSession(Date.now()), id });
      return true;
    };
    const created = (id: string) => create(id).catch(() => false);
    await until(() => created('before'));
    const [old, next] = [on(master), on(replica)];
    await until(async () => (await next.info('replication')).includes('master_link_status:up'));
    const watcher = new Redis({ port: sentinel.port, host: '127.0.0.1' });
    admins.push(watcher);
    await until(async () => ((await watcher.call('SENTINEL', 'replicas', 'gate')) as unknown[]).length === 1);

    await old.call('ACL', 'SETUSER', 'default', 'off');
    await old.call('CLIENT', 'KILL', 'USER', 'default');
    await until(async () => (await next.info('replication')).includes('role:master'));
    // The old one still takes writes.
    expect(await old.info('replication')).toContain('role:master');
    expect(await old.set('still', 'here')).toBe('OK');

    let turn = 0;
    await until(async () => {
      turn += 1;
      return (await created(`after-${turn}`)) && (await next.keys(`*after-${turn}*`)).length > 0;
    });
    // A change is heard from the new one.
    await until(async () => {
      await sessions.revoke(`after-${turn}`, { by: 'x', reason: 'revoked' }).catch(() => undefined);
      return heard.includes(`after-${turn}`);
    });
    await close();
  });
});
