import type { RedisScript } from '../redis/redis-scripts.ts';

/** KEYS: question. ARGV: milliseconds to live, channel, message. Opens the question before it is published. */
export const askScript: RedisScript = {
  name: 'sallyportAskForStreams',
  lua: `
redis.call('HSET', KEYS[1], 'bytes', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1`,
};

/**
 * KEYS: question. ARGV: gateway, answer, the answer without rows, maximum bytes, maximum answers. Accepts the first
 * answer of each gateway to an open question.
 */
export const answerScript: RedisScript = {
  name: 'sallyportAnswerWithStreams',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then return 0 end
local text = ARGV[2]
if redis.call('HINCRBY', KEYS[1], 'bytes', string.len(text)) > tonumber(ARGV[4]) then text = ARGV[3] end
redis.call('HSET', KEYS[1], ARGV[1], text)
return 1`,
};
