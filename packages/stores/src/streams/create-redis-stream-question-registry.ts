import {
  streamQuestionSchema,
  streamsChangedSchema,
  type StreamQuestion,
  type StreamsChanged,
} from '@sallyport/contracts';
import { createListeners, parseJson } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { type RedisScript, defineScript } from '../redis/redis-scripts.ts';
import {
  readAnswers,
  maxAnswerBytes,
  maxAnswers,
  questionLifeMs,
  withoutRows,
  type StreamQuestionRegistry,
} from './stream-question-registry.ts';

/** KEYS: question. ARGV: milliseconds to live, channel, message. Opens the question before it is published. */
const askScript: RedisScript = {
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
const answerScript: RedisScript = {
  name: 'sallyportAnswerWithStreams',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then return 0 end
local text = ARGV[2]
if redis.call('HINCRBY', KEYS[1], 'bytes', string.len(text)) > tonumber(ARGV[4]) then text = ARGV[3] end
redis.call('HSET', KEYS[1], ARGV[1], text)
return 1`,
};

/** Counts the bytes of all answers. No gateway has this name. */
const bytesField = 'bytes';

/** Creates a registry in Redis. Each question is a key that Redis expires, with the answers as its fields. */
export function createRedisStreamQuestionRegistry(deps: {
  redis: RedisConnection;
  keyPrefix?: string;
}): StreamQuestionRegistry {
  const { redis } = deps;
  const { client } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const ask = defineScript(redis, askScript);
  const answer = defineScript(redis, answerScript);
  const questions = createListeners<StreamQuestion>();
  const announced = createListeners<StreamsChanged>();
  let subscribed = false;
  let hears = false;
  const tell = (text: string) => {
    const question = streamQuestionSchema.safeParse(parseJson(text)).data;
    if (question) questions.tell(question);
  };
  const tellAnnounced = (text: string) => {
    const change = streamsChangedSchema.safeParse(parseJson(text)).data;
    if (change) announced.tell(change);
  };
  return {
    ask: async (question) =>
      void (await redis.ask(() =>
        ask(keys.question(question.id), questionLifeMs, keys.questions, JSON.stringify(question)),
      )),
    onQuestion(listener) {
      // Nothing is missed during an outage of Redis: questions are asked through it.
      if (!subscribed) redis.subscribe(keys.questions, { message: tell, established: () => {} });
      subscribed = true;
      return questions.add(listener);
    },
    announce: async (change) =>
      void (await redis.ask(() => client.publish(keys.streamChanges, JSON.stringify(change)))),
    onAnnounced(listener) {
      // What is missed during an outage of Redis is a hint only.
      if (!hears) redis.subscribe(keys.streamChanges, { message: tellAnnounced, established: () => {} });
      hears = true;
      return announced.add(listener);
    },
    answer: (given) =>
      redis.ask(
        async () =>
          (await answer(
            keys.question(given.question),
            given.proxy,
            JSON.stringify(given),
            JSON.stringify(withoutRows(given)),
            maxAnswerBytes,
            maxAnswers,
          )) === 1,
      ),
    answered: (id) =>
      redis.ask(async () => (await client.hkeys(keys.question(id))).filter((field) => field !== bytesField)),
    async take(id) {
      const key = keys.question(id);
      const fields = await redis.ask(async () => {
        const found = await client.hgetall(key);
        await client.del(key);
        return found;
      });
      return readAnswers(Object.entries(fields).flatMap(([field, text]) => (field === bytesField ? [] : [text])));
    },
  };
}
