export * from './describe-on-redis.ts';
export { prepareRedisServer, type RedisServer } from './redis-server.ts';
export * from './sessions-config.ts';
export { stateForTests } from './state-directory.ts';
export { exampleStreamRow } from './example-stream-question.ts';
export { startRedisReplication, type RedisReplication } from './redis-replication.ts';
