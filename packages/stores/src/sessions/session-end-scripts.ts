import type { RedisScript } from '../redis/redis-scripts.ts';

/**
 * KEYS: session, what is kept for its end. ARGV: which idle ends are over, 1 if its parent has ended, the time.
 * Returns the state (`none`, `live` or `over`), what is kept, the idle end, and when it ended with its parent, if it did:
 * older versions have noted 1. What is over can no longer be used, also by a replica whose clock is slow.
 */
export const endScript: RedisScript = {
  name: 'sallyportEndSession',
  keys: 2,
  lua: `
local kept = redis.call('HMGET', KEYS[2], 'session', 'idleEndsAt', 'withParent')
if not kept[1] then return {'none'} end
local held = redis.call('HMGET', KEYS[1], 'session', 'idleEndsAt', 'revoked')
if held[3] then
  redis.call('DEL', KEYS[2])
  return {'none'}
end
local ends = held[1] and held[2] or kept[2]
local isOver = tonumber(ends) <= tonumber(ARGV[1])
if not kept[3] and not isOver and (ARGV[2] ~= '1' or not held[1]) then return {'live', kept[1], ends} end
if held[1] then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'idleEndsAt', ends)
  if not isOver then redis.call('HSET', KEYS[2], 'withParent', ARGV[3]) end
end
return {'over', kept[1], ends, kept[3] or (isOver and '' or ARGV[3])}`,
};
