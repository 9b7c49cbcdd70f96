// Stores that services share, in Redis, or in memory and on the disk of a single process: sessions, provider tokens,
// single-use values, names, replicas, questions, elevations.
export { memoryTables, savedStore, type Tables } from './embedded/tables.ts';
export { checkSessionStores } from './check-session-stores.ts';
export * from './create-session-stores.ts';
export * from './redis/ask-redis.ts';
export * from './redis/connect-redis.ts';
export { defineScript, type RedisScript } from './redis/redis-scripts.ts';
export * from './sessions/create-memory-session-store.ts';
export * from './sessions/create-redis-session-store.ts';
export type { ExpiredSession } from './sessions/expired-session.ts';
export type * from './sessions/session-store.ts';
export * from './single-use/single-use-store.ts';
export * from './single-use/create-redis-single-use-store.ts';
export * from './provider-tokens/provider-token-store.ts';
export * from './provider-tokens/token-sealer.ts';
export { createMemoryReplicaRegistry, type ReplicaRegistry } from './replicas/replica-registry.ts';
export * from './replicas/create-redis-replica-registry.ts';
export * from './replicas/report-replica.ts';
export { createMemoryStreamQuestionRegistry, type StreamQuestionRegistry } from './streams/stream-question-registry.ts';
export * from './streams/create-redis-stream-question-registry.ts';
export { createMemoryNameStore, type HeldName, type NameHolder, type NameStore } from './names/name-store.ts';
export { warnOfLosses } from './elevations/check-durability.ts';
export { createMemoryElevationStore } from './elevations/create-memory-elevation-store.ts';
export type * from './notices/notice-outbox.ts';
export { type ElevationStore } from './elevations/elevation-store.ts';
