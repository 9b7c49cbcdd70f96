import type { RedisConnection } from '../redis/connect-redis.ts';
import type { HeldTokens, ProviderTokens, ProviderTokenStore } from './provider-token-store.ts';
import { dueScript, holdScript, keepScript, scheduleScript, settleScript } from './provider-token-scripts.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { defineScript } from '../redis/redis-scripts.ts';

const names = ['provider', 'sealed', 'createdAt', 'expiresAt', 'succeededAt', 'failures'] as const;

/** Reads tokens from the fields in Redis; undefined if a field is missing or the tokens have expired. */
function asTokens(sessionId: string, values: readonly (string | null)[], now: number): ProviderTokens | undefined {
  const [provider, sealed, ...rest] = values;
  const [createdAt, expiresAt, succeededAt, failures] = rest.map((text) => Number(text ?? Number.NaN)) as [
    number,
    number,
    number,
    number,
  ];
  if (
    provider == null ||
    sealed == null ||
    ![createdAt, expiresAt, succeededAt, failures].every(Number.isFinite) ||
    now >= expiresAt
  )
    return undefined;
  return { sessionId, provider, sealed, createdAt, expiresAt, succeededAt, failures };
}

/**
 * Creates a store of provider tokens in Redis: a record per session, and one sorted set of session ids by due time, from
 * which replicas take their share. A record is written before its entry in the set. An entry whose record has expired
 * is dropped when it is due.
 */
export function createRedisProviderTokenStore(deps: {
  redis: RedisConnection;
  now: () => number;
  keyPrefix?: string;
}): ProviderTokenStore {
  const {
    redis,
    redis: { client, ask },
    now,
  } = deps;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const keep = defineScript(redis, keepScript);
  const hold = defineScript(redis, holdScript);
  const settle = defineScript(redis, settleScript);
  const due = defineScript(redis, dueScript);
  const place = defineScript(redis, scheduleScript);
  const schedule = async (sessionId: string, dueAt: number, expiresAt: number) => {
    const at = now();
    if (expiresAt > at) await place(keys.due, sessionId, dueAt, Math.ceil(expiresAt - at));
  };
  const take = async (sessionId: string, leaseMs: number): Promise<HeldTokens | 'held' | undefined> => {
    const at = now();
    const held = (await hold(keys.tokens(sessionId), at, at + leaseMs, ...names)) as
      | [number, ...(string | null)[]]
      | 0
      | null;
    if (held === 0) return 'held';
    const tokens = held === null ? undefined : asTokens(sessionId, held.slice(1) as (string | null)[], at);
    if (tokens) return { ...tokens, fence: (held as [number])[0] };
    await client.zrem(keys.due, sessionId);
    return undefined;
  };
  return {
    keep: (tokens, dueAt) =>
      ask(async () => {
        const life = Math.ceil(tokens.expiresAt - now());
        if (!(life > 0)) return;
        await keep(keys.tokens(tokens.sessionId), life, ...names.flatMap((name) => [name, tokens[name]]));
        if (dueAt !== undefined) await schedule(tokens.sessionId, dueAt, tokens.expiresAt);
      }),
    read: (sessionId) =>
      ask(async () => asTokens(sessionId, await client.hmget(keys.tokens(sessionId), ...names), now())),
    takeDue: (limit, leaseMs) => ask(() => due(keys.due, now(), limit, now() + leaseMs) as Promise<string[]>),
    hold: (sessionId, leaseMs) => ask(() => take(sessionId, leaseMs)),
    settle: ({ sessionId, fence }, { sealed, succeededAt, failures }) =>
      ask(async () => (await settle(keys.tokens(sessionId), fence, sealed, succeededAt, failures)) === 1),
    schedule: (sessionId, dueAt) =>
      ask(async () => {
        const expiresAt = await client.hget(keys.tokens(sessionId), 'expiresAt');
        if (expiresAt !== null) await schedule(sessionId, dueAt, Number(expiresAt));
      }),
    forget: (sessionId) =>
      ask(async () => {
        await client.del(keys.tokens(sessionId));
        await client.zrem(keys.due, sessionId);
      }),
    count: () => ask(() => client.zcard(keys.due)),
  };
}
