import type { RedisScript } from '../redis/redis-scripts.ts';

/**
 * KEYS: tokens. ARGV: milliseconds to live, then fields and values. A process that holds the previous tokens can no
 * longer write.
 */
export const keepScript: RedisScript = {
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
export const holdScript: RedisScript = {
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
export const settleScript: RedisScript = {
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
