import type { RedisConnection } from '../redis/connect-redis.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { type RedisScript, defineScript } from '../redis/redis-scripts.ts';
import type { HeldTokens, ProviderTokens, ProviderTokenStore } from './provider-token-store.ts';

/**
 * KEYS: tokens. ARGV: milliseconds to live, then fields and values. A process that holds the previous tokens can no
 * longer write.
 */
const keepScript: RedisScript = {
  name: 'sallyportKeepTokens',
  lua: `
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HDEL', KEYS[1], 'heldUntil')
redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`,
};

/**
 * KEYS: tokens. ARGV: now, end of the hold, the fields to read. Returns nil if there are no tokens, 0 while they are
 * held, otherwise the fence and the fields.
 */
const holdScript: RedisScript = {
  name: 'sallyportHoldTokens',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
local held = redis.call('HGET', KEYS[1], 'heldUntil')
if held and tonumber(ARGV[1]) < tonumber(held) then return 0 end
local fence = redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('HSET', KEYS[1], 'heldUntil', ARGV[2])
local values = redis.call('HMGET', KEYS[1], unpack(ARGV, 3))
table.insert(values, 1, fence)
return values`,
};

/** KEYS: tokens. ARGV: fence, sealed, time of the last success, failures. Writes only for the last holder. */
const settleScript: RedisScript = {
  name: 'sallyportSettleTokens',
  lua: `
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2], 'succeededAt', ARGV[3], 'failures', ARGV[4])
redis.call('HDEL', KEYS[1], 'heldUntil')
return 1`,
};

/** KEYS: due. ARGV: now, limit, when the ids are due again. Concurrent callers get different ids. */
export const dueScript: RedisScript = {
  name: 'sallyportTakeDue',
  lua: `
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids`,
};

/** KEYS: due. ARGV: id, when it is due, milliseconds that it may stay. The set lives as long as its longest-lived id. */
export const scheduleScript: RedisScript = {
  name: 'sallyportScheduleDue',
  lua: `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`,
};

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
  const { redis, now } = deps;
  const { client, ask } = redis;
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
