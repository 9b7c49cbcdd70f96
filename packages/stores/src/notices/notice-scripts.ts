import type { RedisScript } from '../redis/redis-scripts.ts';

// The queue of a channel is a sorted set. `w<id>` is an elevation that waits, by the time from which it may be taken. `l<id>`
// is one that a replica has taken, by the end of its lease. A step that comes while an elevation is leased leaves the lease
// alone. The clock is that of Redis, because those of the replicas may differ by more than a lease.
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end`;

/**
 * KEYS: queue. ARGV: id, milliseconds until it may be taken, most that may wait, milliseconds to keep the queue, and
 * whether an entry that is there stays as it is. Returns 0 if too many wait.
 */
export const enqueueScript: RedisScript = {
  name: 'sallyportEnqueueNotices',
  lua: `${clock}
local member = 'w' .. ARGV[1]
local there = redis.call('ZSCORE', KEYS[1], member)
if not there and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
if not there or ARGV[5] ~= '1' then redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), member) end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`,
};

/** KEYS: queue. ARGV: length of the lease, most to take, most to look at. Returns ids and the ends of their leases. */
export const takeScript: RedisScript = {
  name: 'sallyportTakeNotices',
  lua: `${clock}
local taken = {}
local lease = text(now + tonumber(ARGV[1]))
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[3])) do
  if #taken >= 2 * tonumber(ARGV[2]) then break end
  local id = string.sub(member, 2)
  local leased = redis.call('ZSCORE', KEYS[1], 'l' .. id)
  if not leased or tonumber(leased) <= now then
    redis.call('ZREM', KEYS[1], 'w' .. id)
    redis.call('ZADD', KEYS[1], lease, 'l' .. id)
    table.insert(taken, id)
    table.insert(taken, lease)
  end
end
return taken`,
};

/** KEYS: queue. ARGV: id, end of its lease, milliseconds until it may be taken again (empty: not at all). */
export const releaseScript: RedisScript = {
  name: 'sallyportReleaseNotices',
  lua: `${clock}
local leased = redis.call('ZSCORE', KEYS[1], 'l' .. ARGV[1])
if not leased or text(tonumber(leased)) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], 'l' .. ARGV[1])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[3])), 'w' .. ARGV[1]) end
return 1`,
};

/** KEYS: notices. ARGV: field, text, milliseconds to keep all of them. A notice that is there stays as it is. */
export const putNoticeScript: RedisScript = {
  name: 'sallyportPutNotice',
  lua: `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,
};

/** KEYS: notices. ARGV: field, the text that is replaced (empty: none), the new one. Returns 0 if another is stored. */
export const markScript: RedisScript = {
  name: 'sallyportMarkNotices',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`,
};
