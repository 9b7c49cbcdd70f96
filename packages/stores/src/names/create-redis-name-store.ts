import { parseJson } from '@sallyport/kit';
import { z } from 'zod';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createPlainWriter, type DurableWriter } from '../redis/durable-writer.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { defineScript, type RedisScript } from '../redis/redis-scripts.ts';
import type { HeldName, NameStore } from './name-store.ts';

const outcomes = ['given', 'held', 'of-another', 'too-many'] as const;

/**
 * KEYS: names. ARGV: name, uid, what is stored, how many names the uid may have (-1: any number), 1 if the name is
 * reserved. Returns the place of the outcome. The hash has a field for each name, and one with the number of names of
 * each uid. A name that the uid has already is written again, so that replicas which confirm the write have it.
 */
const holdScript: RedisScript = {
  name: 'sallyportHoldName',
  lua: `
local field, count = 'name:' .. ARGV[1], 'count:' .. ARGV[2]
local held = redis.call('HGET', KEYS[1], field)
if held and ARGV[5] == '0' and cjson.decode(held).uid == ARGV[2] then
  redis.call('HSET', KEYS[1], field, held)
  return 1
end
if ARGV[4] ~= '-1' and tonumber(redis.call('HGET', KEYS[1], count) or '0') >= tonumber(ARGV[4]) then return 3 end
if held or ARGV[5] == '1' then return 2 end
redis.call('HSET', KEYS[1], field, ARGV[3])
redis.call('HINCRBY', KEYS[1], count, 1)
return 0`,
};

/** KEYS: names. ARGV: name, uid. */
const releaseScript: RedisScript = {
  name: 'sallyportReleaseName',
  lua: `
local field, count = 'name:' .. ARGV[1], 'count:' .. ARGV[2]
local held = redis.call('HGET', KEYS[1], field)
if not held or cjson.decode(held).uid ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], field)
if redis.call('HINCRBY', KEYS[1], count, -1) < 1 then redis.call('HDEL', KEYS[1], count) end
return 1`,
};

const storedSchema = z.object({ name: z.string(), uid: z.string(), user: z.string(), since: z.number() });

/** Reads a stored name. One that cannot be read belongs to no one who could ask, and so stays held. */
function readStored(name: string, text: string): HeldName {
  return storedSchema.safeParse(parseJson(text)).data ?? { name, uid: '', user: '', since: 0 };
}

/**
 * Creates a store of names in Redis. All of them are in one key, which never expires, so that a script can count those of
 * a holder. `writer` decides when a name is certain to be kept; by default when the master has it.
 */
export function createRedisNameStore(deps: {
  redis: RedisConnection;
  now: () => number;
  writer?: DurableWriter;
  keyPrefix?: string;
}): NameStore {
  const { redis, now, writer = createPlainWriter(redis) } = deps;
  const { names } = redisKeys(deps.keyPrefix ?? 'sallyport');
  const scriptsOn = new WeakMap<RedisConnection, Record<'hold' | 'release', ReturnType<typeof defineScript>>>();
  const on = (connection: RedisConnection) => {
    const scripts = scriptsOn.get(connection) ?? {
      hold: defineScript(connection, holdScript),
      release: defineScript(connection, releaseScript),
    };
    scriptsOn.set(connection, scripts);
    return scripts;
  };
  const prefix = 'name:';
  return {
    async hold(name, { uid, user }, { max = -1, reserved = false } = {}) {
      const stored = JSON.stringify({ name, uid, user, since: now() });
      const outcome = await writer.write((connection) =>
        on(connection).hold(names, name, uid, stored, max, reserved ? 1 : 0),
      );
      return outcomes[Number(outcome)]!;
    },
    async read(name) {
      const text = await redis.ask(() => redis.client.hget(names, `${prefix}${name}`));
      return text === null ? undefined : readStored(name, text);
    },
    async release(name, uid) {
      return (await writer.write((connection) => on(connection).release(names, name, uid))) === 1;
    },
    async list() {
      const all = await redis.ask(() => redis.client.hgetall(names));
      return Object.entries(all)
        .flatMap(([field, text]) => (field.startsWith(prefix) ? [readStored(field.slice(prefix.length), text)] : []))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
