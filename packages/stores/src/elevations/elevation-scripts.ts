import type { RedisScript } from '../redis/redis-scripts.ts';

/** KEYS: elevation. ARGV: text, revision, then names and texts of more fields. Returns 0 if the id is taken. */
export const createElevationScript: RedisScript = {
  name: 'sallyportCreateElevation',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'elevation', ARGV[1], 'revision', ARGV[2])
for at = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1`,
};

/**
 * KEYS: elevation. ARGV: text, the revision that is replaced, the new revision, milliseconds to keep it (0: it is not
 * over), then names and texts of more fields. Returns 0 without writing if another revision is stored.
 */
export const replaceElevationScript: RedisScript = {
  name: 'sallyportReplaceElevation',
  lua: `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'elevation', ARGV[1], 'revision', ARGV[3])
for at = 5, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1`,
};

/** KEYS: elevation. Writes to its key, if it is there. */
export const confirmElevationScript: RedisScript = {
  name: 'sallyportConfirmElevation',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HINCRBY', KEYS[1], 'confirmed', 1)`,
};

/**
 * KEYS: log of changes. ARGV: id of the elevation, entries to keep, channel. Entries are numbered without gaps, so that a
 * reader knows whether it has missed one.
 */
export const logElevationScript: RedisScript = {
  name: 'sallyportLogElevation',
  lua: `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local number = 1
if last[1] then number = tonumber(string.match(last[1][1], '^(%d+)')) + 1 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], number .. '-0', 'id', ARGV[1])
redis.call('PUBLISH', ARGV[3], number)
return number`,
};
