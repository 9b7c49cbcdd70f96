import { afterAll, beforeAll } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { prepareRedisServer, type RedisServer } from './redis-server.ts';
import { sessionsSchemaFor } from './sessions-config.ts';

/**
 * Starts a redis-server for the tests of a `describe`, with two connections that act as two replicas, and one whose
 * deadlines are those of the product.
 */
export function useRedisPair(): {
  server(): RedisServer;
  connections(): readonly [RedisConnection, RedisConnection];
  prompt(): RedisConnection;
} {
  let server: RedisServer;
  let opened: [RedisConnection, RedisConnection, RedisConnection];
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    const connect = (options?: Parameters<typeof sessionsSchemaFor>[1]) =>
      connectRedis(sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` }, options), {
        logger: pino({ level: 'silent' }),
      });
    opened = [await connect(), await connect(), await connect({ deadlines: undefined })];
  });
  afterAll(async () => {
    for (const connection of opened) await connection.close();
    await server.stop();
  });
  return { server: () => server, connections: () => [opened[0], opened[1]], prompt: () => opened[2] };
}
