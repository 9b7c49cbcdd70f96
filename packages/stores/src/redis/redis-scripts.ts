import type { Cluster, Redis } from 'ioredis';

/**
 * A Lua script, which Redis runs atomically. Each touches one key, or several keys which are in one slot, so that it runs
 * on a cluster.
 */
export type RedisScript = { name: string; lua: string; keys?: number };

/**
 * KEYS: session, what is kept for its end. ARGV: session, id, absolute end, idle end, milliseconds to live, and what is
 * kept with its milliseconds to live.
 */
export const createScript: RedisScript = {
  name: 'sallyportCreateSession',
  keys: 2,
  lua: `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'session', ARGV[1], 'id', ARGV[2], 'expiresAt', ARGV[3], 'idleEndsAt', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'session', ARGV[6], 'idleEndsAt', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return 1`,
};

/** KEYS: session. ARGV: now. Records the first use of a live session. */
export const noteUseScript: RedisScript = {
  name: 'sallyportNoteUse',
  lua: `
local held = redis.call('HMGET', KEYS[1], 'session', 'idleEndsAt')
if not held[1] or tonumber(ARGV[1]) >= tonumber(held[2]) then return 0 end
return redis.call('HSETNX', KEYS[1], 'usedAt', ARGV[1])`,
};

/**
 * KEYS: session, what is kept for its end. ARGV: now, idle end, milliseconds to live of each key. Leaves a session alone
 * that has ended or whose idle end is already later.
 */
export const renewScript: RedisScript = {
  name: 'sallyportRenewSession',
  keys: 2,
  lua: `
local held = redis.call('HMGET', KEYS[1], 'session', 'idleEndsAt')
if not held[1] or tonumber(ARGV[1]) >= tonumber(held[2]) then return 0 end
redis.call('HSETNX', KEYS[1], 'usedAt', ARGV[1])
if tonumber(ARGV[2]) <= tonumber(held[2]) then return 0 end
redis.call('HSET', KEYS[1], 'idleEndsAt', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'idleEndsAt', ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return 1`,
};

/**
 * KEYS: session, what is kept for its end. ARGV: id, now, the session as it was read, the new one, what is kept of it,
 * channel, messages. Returns 2 without writing if the session was changed after it was read.
 */
export const updateScript: RedisScript = {
  name: 'sallyportUpdateSession',
  keys: 2,
  lua: `
local held = redis.call('HMGET', KEYS[1], 'session', 'id', 'idleEndsAt')
if not held[1] or held[2] ~= ARGV[1] or tonumber(ARGV[2]) >= tonumber(held[3]) then return 0 end
if held[1] ~= ARGV[3] then return 2 end
redis.call('HSET', KEYS[1], 'session', ARGV[4])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'session', ARGV[5]) end
for place = 7, #ARGV do redis.call('PUBLISH', ARGV[6], ARGV[place]) end
return 1`,
};

/**
 * KEYS: session, what is kept for its end. ARGV: id, now, tombstone, channel, messages. Ends the session before the
 * messages are published. It has not ended by itself then.
 */
export const revokeScript: RedisScript = {
  name: 'sallyportRevokeSession',
  keys: 2,
  lua: `
local held = redis.call('HMGET', KEYS[1], 'session', 'id', 'expiresAt', 'idleEndsAt')
if not held[1] or held[2] ~= ARGV[1] or tonumber(ARGV[2]) >= tonumber(held[4]) then return 0 end
redis.call('HSET', KEYS[1], 'revoked', ARGV[3])
redis.call('HDEL', KEYS[1], 'session', 'idleEndsAt', 'usedAt')
redis.call('PEXPIRE', KEYS[1], tonumber(held[3]) - tonumber(ARGV[2]))
redis.call('DEL', KEYS[2])
for place = 5, #ARGV do redis.call('PUBLISH', ARGV[4], ARGV[place]) end
return 1`,
};

/** KEYS: index. ARGV: member, its end, now. The index lives as long as its longest-lived member. */
export const indexScript: RedisScript = {
  name: 'sallyportIndexSession',
  lua: `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('PEXPIRE', KEYS[1], math.max(1, tonumber(last[2]) - tonumber(ARGV[3]))) end
return 1`,
};

/** KEYS: index. ARGV: now. Drops members that have ended, returns the others. */
export const membersScript: RedisScript = {
  name: 'sallyportIndexMembers',
  lua: `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')`,
};

/** Runs a defined script on a key. If it touches several, the others are the first of `args`. */
type RunScript = (key: string, ...args: (string | number)[]) => Promise<unknown>;

/** Defines a script as a command of the client. */
export function defineScript({ client }: { client: Redis | Cluster }, script: RedisScript): RunScript {
  client.defineCommand(script.name, { numberOfKeys: script.keys ?? 1, lua: script.lua });
  return (key, ...args) => (client as unknown as Record<string, RunScript>)[script.name]!(key, ...args);
}
