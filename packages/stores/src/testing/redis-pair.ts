import { afterAll, beforeAll } from '@jest/globals';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { prepareRedisServer, type RedisServer } from './redis-server.ts';
import { sessionsSchemaFor } from './sessions-config.ts';

/** Starts a redis-server for the tests of a `describe`, with two connections that act as two replicas. */
export function useRedisPair(): { server(): RedisServer; connections(): readonly [RedisConnection, RedisConnection] } {
  let server: RedisServer;
  let pair: [RedisConnection, RedisConnection];
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` });
    const connect = () => connectRedis(config, { logger: pino({ level: 'silent' }) });
    pair = [await connect(), await connect()];
  });
  afterAll(async () => {
    for (const connection of pair) await connection.close();
    await server.stop();
  });
  return { server: () => server, connections: () => pair };
}
