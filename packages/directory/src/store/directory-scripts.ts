import type { RedisScript } from '@sallyport/stores';

// The keys of one source are all in one slot of a Redis cluster.

/** A member of an index is a key, a zero byte and an id, so the ids of one key are adjacent. */
const lookUp = `
local function idsOf(index, key)
  local ids = {}
  for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. key .. '\\0', '(' .. key .. '\\1')) do ids[#ids + 1] = string.sub(member, #key + 2) end
  return ids
end
local function versionOf(text) return string.match(text, '^%d+') end
local function unindex(index, id, text)
  for _, key in ipairs(cjson.decode(string.sub(text, string.find(text, '\\n') + 1)).keys) do redis.call('ZREM', index, key .. '\\0' .. id) end
end`;

/**
 * KEYS: entries, order, index, gone, touched. ARGV: id, expected version or '', text (version, newline, JSON), creation
 * time, now, 1 for a person, number of keys, number of unique ones among them, number of touched keys; then the keys
 * (unique ones first) and the touched keys. Returns 1 written, 2 stale, 3 taken.
 */
export const putScript: RedisScript = {
  name: 'sallyportPutEntry',
  keys: 5,
  lua: `${lookUp}
local id, expected = ARGV[1], ARGV[2]
local keys, unique, touched = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local held = redis.call('HGET', KEYS[1], id)
if (held and versionOf(held) or '') ~= expected then return 2 end
for n = 10, 9 + unique do
  for _, other in ipairs(idsOf(KEYS[3], ARGV[n])) do if other ~= id then return 3 end end
end
if held then unindex(KEYS[3], id, held) end
redis.call('HSET', KEYS[1], id, ARGV[3])
redis.call('ZADD', KEYS[2], 'NX', ARGV[4], id)
for n = 10, 9 + keys do
  redis.call('ZADD', KEYS[3], 0, ARGV[n] .. '\\0' .. id)
  if ARGV[6] == '1' then redis.call('SREM', KEYS[4], ARGV[n]) end
end
for n = 10 + keys, 9 + keys + touched do redis.call('ZADD', KEYS[5], ARGV[5], ARGV[n]) end
return 1`,
};

/**
 * KEYS: entries, order, index, gone, touched, members, counts. ARGV: id, expected version or '', now, 1 for a person,
 * number of gone keys, number of touched keys; then those keys. Returns 1 removed, 0 not found, 2 still has members.
 */
export const removeScript: RedisScript = {
  name: 'sallyportRemoveEntry',
  keys: 7,
  lua: `${lookUp}
local id, expected = ARGV[1], ARGV[2]
local gone, touched = tonumber(ARGV[5]), tonumber(ARGV[6])
local held = redis.call('HGET', KEYS[1], id)
if not held or (expected ~= '' and versionOf(held) ~= expected) then return 0 end
if ARGV[4] == '1' then
  for _, group in ipairs(idsOf(KEYS[6], 'p\\0' .. id)) do
    redis.call('ZREM', KEYS[6], 'p\\0' .. id .. '\\0' .. group, 'g\\0' .. group .. '\\0' .. id)
    redis.call('HINCRBY', KEYS[7], group, 1)
  end
else
  if #redis.call('ZRANGEBYLEX', KEYS[6], '[g\\0' .. id .. '\\0', '(g\\0' .. id .. '\\1', 'LIMIT', 0, 1) > 0 then return 2 end
  redis.call('HDEL', KEYS[7], id)
end
unindex(KEYS[3], id, held)
redis.call('HDEL', KEYS[1], id)
redis.call('ZREM', KEYS[2], id)
for n = 7, 6 + gone do redis.call('SADD', KEYS[4], ARGV[n]) end
for n = 7 + gone, 6 + gone + touched do redis.call('ZADD', KEYS[5], ARGV[3], ARGV[n]) end
return 1`,
};

/**
 * KEYS: groups, people, members, counts, touched. ARGV: group, now, number to add, number to remove; then those ids and
 * the touched keys. Returns nil if there is no such group, or else the ids added, removed and unknown. If any is
 * unknown, nothing is changed.
 */
export const membersScript: RedisScript = {
  name: 'sallyportChangeMembers',
  keys: 5,
  lua: `
local group, add, remove = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('HEXISTS', KEYS[1], group) == 0 then return nil end
local added, removed, unknown = {}, {}, {}
for n = 5, 4 + add do if redis.call('HEXISTS', KEYS[2], ARGV[n]) == 0 then unknown[#unknown + 1] = ARGV[n] end end
if #unknown > 0 then return { added, removed, unknown } end
for n = 5 + add, 4 + add + remove do
  redis.call('ZREM', KEYS[3], 'p\\0' .. ARGV[n] .. '\\0' .. group)
  if redis.call('ZREM', KEYS[3], 'g\\0' .. group .. '\\0' .. ARGV[n]) == 1 then removed[#removed + 1] = ARGV[n] end
end
for n = 5, 4 + add do
  redis.call('ZADD', KEYS[3], 0, 'p\\0' .. ARGV[n] .. '\\0' .. group)
  if redis.call('ZADD', KEYS[3], 0, 'g\\0' .. group .. '\\0' .. ARGV[n]) == 1 then added[#added + 1] = ARGV[n] end
end
if #added + #removed > 0 then
  redis.call('HINCRBY', KEYS[4], group, 1)
  for n = 5 + add + remove, #ARGV do redis.call('ZADD', KEYS[5], ARGV[2], ARGV[n]) end
end
return { added, removed, unknown }`,
};

/**
 * KEYS: touched. ARGV: now, limit, end of the lease. Takes and leases keys in one step, so no two workers get the same
 * ones.
 */
export const takeScript: RedisScript = {
  name: 'sallyportTakeTouched',
  lua: `
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do redis.call('ZADD', KEYS[1], ARGV[3], key) end
return keys`,
};

/** KEYS: touched. ARGV: key, its ticket. A key that was touched again in the meantime has another score and stays. */
export const settleScript: RedisScript = {
  name: 'sallyportSettleTouched',
  lua: `
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])`,
};

/** KEYS: links. ARGV: member, its end, now. The links of a key live as long as the last of them. */
export const linkScript: RedisScript = {
  name: 'sallyportLinkPerson',
  lua: `
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('PEXPIRE', KEYS[1], math.max(1, tonumber(last[2]) - tonumber(ARGV[3]))) end
return 1`,
};
