import { randomUUID } from 'node:crypto';
import { elevationSchema, type Elevation, type Notice } from '@sallyport/contracts';
import { createListeners, parseJson, ProblemError } from '@sallyport/kit';
import { createRedisNoticeOutbox, noticeField } from '../notices/create-redis-notice-outbox.ts';
import { keptAfterEndMs } from '../notices/notice-outbox.ts';
import { createConfirm } from '../redis/confirm-writes.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createPlainWriter, type DurableWriter } from '../redis/durable-writer.ts';
import { type RedisKeys, redisKeys } from '../redis/redis-keys.ts';
import { type RedisScript, defineScript } from '../redis/redis-scripts.ts';
import type { ElevationStore, ElevationChanges } from './elevation-store.ts';

/** KEYS: elevation. ARGV: text, revision, then names and texts of more fields. Returns 0 if the id is taken. */
const createElevationScript: RedisScript = {
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
const replaceElevationScript: RedisScript = {
  name: 'sallyportReplaceElevation',
  lua: `
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'elevation', ARGV[1], 'revision', ARGV[3])
for at = 5, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1`,
};

/**
 * KEYS: log of changes. ARGV: id of the elevation, entries to keep, channel. Entries are numbered without gaps, so that a
 * reader knows whether it has missed one.
 */
const logElevationScript: RedisScript = {
  name: 'sallyportLogElevation',
  lua: `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local number = 1
if last[1] then number = tonumber(string.match(last[1][1], '^(%d+)')) + 1 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], number .. '-0', 'id', ARGV[1])
redis.call('PUBLISH', ARGV[3], number)
return number`,
};

/** KEYS: hold. ARGV: its value. A hold that has ended by itself may be that of another replica by now. */
const releaseScript: RedisScript = {
  name: 'sallyportReleaseHold',
  lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};

/** Creates the holds in Redis. A failover can lose one, which frees what it held. */
function createRedisHolds({ redis, keys }: { redis: RedisConnection; keys: RedisKeys }): ElevationStore['hold'] {
  const release = defineScript(redis, releaseScript);
  return async (what, forMs) => {
    const key = keys.hold(what);
    const value = randomUUID();
    const held = await redis.ask(() => redis.client.set(key, value, 'PX', forMs, 'NX'));
    if (held !== 'OK') return undefined;
    return async () => {
      await redis.ask(() => release(key, value));
    };
  };
}

const maxLog = 4096;
/** How many elevations one command reads. The deadline applies to each command. */
const chunk = 500;

/** Reads a stored elevation of this or another version. One that cannot be read grants nothing. */
const readStored = (text: string | null | undefined): Elevation[] => {
  const found = typeof text === 'string' ? elevationSchema.safeParse(parseJson(text)).data : undefined;
  return found ? [found] : [];
};

type Parts = { redis: RedisConnection; keys: RedisKeys };

/** How long a replica has for a write before others look for its notices, in milliseconds. */
const writeMs = 5000;

const fieldsOf = (notices: readonly Notice[]) =>
  notices.flatMap((notice) => [noticeField(notice.number), JSON.stringify(notice)]);

/** Creates the writes. Each comes before the indexes forget it and after they know it, so that a crash loses nothing. */
function createWrites({ redis, keys }: Parts) {
  const { client } = redis;
  const outbox = createRedisNoticeOutbox({ redis, keys });
  const create = defineScript(redis, createElevationScript);
  const replace = defineScript(redis, replaceElevationScript);
  const log = defineScript(redis, logElevationScript);
  const note = (id: string) => log(keys.elevationLog, id, maxLog, keys.elevationChanges);
  const setDue = (id: string, nextStepAt: number | undefined) =>
    nextStepAt === undefined ? client.zrem(keys.dueElevations, id) : client.zadd(keys.dueElevations, nextStepAt, id);
  const forgetBefore = async (index: string, createdAt: number) => {
    // Elevations last for at most two weeks, so everything in an index that is a month old is over.
    await client.zremrangebyscore(index, '-inf', createdAt - 4 * keptAfterEndMs);
  };
  /** Calls `write` between the announcement of its notices and the moment from which they may be sent. */
  const withNotices = async (id: string, notices: readonly Notice[], write: () => Promise<boolean>) => {
    const channels = [...new Set(notices.flatMap((notice) => notice.channels))];
    await Promise.all(channels.map((channel) => outbox.expect(channel, id, writeMs)));
    const written = await write();
    if (written) await Promise.all(channels.map((channel) => outbox.wake(channel, id)));
    return written;
  };
  return {
    setDue,
    note,
    async create(elevation: Elevation, nextStepAt: number | undefined, notices: readonly Notice[]) {
      const { id, createdAt, requester } = elevation;
      const indexes = [keys.elevations, keys.elevationsOf(requester)];
      await setDue(id, nextStepAt);
      for (const index of indexes) await client.zadd(index, createdAt, id);
      const text = JSON.stringify(elevation);
      const fields = fieldsOf(notices);
      const write = async () => (await create(keys.elevation(id), text, elevation.revision, ...fields)) === 1;
      if (!(await withNotices(id, notices, write)))
        throw new ProblemError('conflict', 'This elevation already exists.');
      await note(id);
      for (const index of indexes) await forgetBefore(index, createdAt);
    },
    async replace(elevation: Elevation, nextStepAt: number | undefined, notices: readonly Notice[]) {
      const { id, revision } = elevation;
      // If this process dies after the write, another one attends to the elevation at once.
      await setDue(id, 0);
      const keep = nextStepAt === undefined ? keptAfterEndMs : 0;
      const key = keys.elevation(id);
      const text = JSON.stringify(elevation);
      const fields = fieldsOf(notices);
      const write = async () => (await replace(key, text, revision - 1, revision, keep, ...fields)) === 1;
      const replaced = await withNotices(id, notices, write);
      if (replaced) await setDue(id, nextStepAt);
      await note(id);
      return replaced;
    },
  };
}

function createReads({ redis: { client, ask }, keys }: Parts) {
  const readAll = async (ids: readonly string[]): Promise<Elevation[]> => {
    const found: Elevation[] = [];
    for (let from = 0; from < ids.length; from += chunk) {
      const some = ids.slice(from, from + chunk);
      const texts = await ask(() => Promise.all(some.map((id) => client.hget(keys.elevation(id), 'elevation'))));
      found.push(...texts.flatMap(readStored));
    }
    return found;
  };
  const newest = async (index: string, limit: number) =>
    readAll(await ask(() => client.zrevrange(index, 0, limit - 1)));
  const numberOf = ([id]: [string, string[]]) => Number(id.split('-')[0]);
  async function changesSince(since: number): Promise<ElevationChanges> {
    const [last] = await ask(() => client.xrevrange(keys.elevationLog, '+', '-', 'COUNT', 1));
    const position = last ? numberOf(last) : 0;
    if (position === since) return { position, ids: [] };
    if (position < since) return { position, ids: undefined };
    const entries = await ask(() => client.xrange(keys.elevationLog, `${since + 1}-0`, `${position}-0`));
    const ids = entries.length === position - since ? entries.map(([, fields]) => fields[1] ?? '') : undefined;
    return { position, ids };
  }
  return { readAll, newest, changesSince };
}

/** Creates the log of changes as one replica reads it. After a lost connection, another server may answer. */
function createLog({ redis, keys }: Parts, changesSince: (position: number) => Promise<ElevationChanges>) {
  const changed = createListeners<void>();
  let subscribed = false;
  let losses = redis.losses();
  return {
    async changesSince(since: number): Promise<ElevationChanges> {
      const changes = await changesSince(since);
      // A replica that became the master numbers on from what it has, so equal numbers can be of different changes.
      if (redis.losses() === losses) return changes;
      losses = redis.losses();
      return { ...changes, ids: undefined };
    },
    onChange(listener: () => void) {
      if (!subscribed)
        redis.subscribe(keys.elevationChanges, { message: () => changed.tell(), established: () => changed.tell() });
      subscribed = true;
      return changed.add(listener);
    },
  };
}

/**
 * Creates a store in Redis 6.2 or later. Each elevation is one key in a slot of its own, which a script replaces if it has
 * the expected revision. Indexes and the log of changes are other keys: they say what to read, and never what is a right.
 * `writer` decides when a write is acknowledged; by default when the master has it.
 */
export function createRedisElevationStore(deps: {
  redis: RedisConnection;
  writer?: DurableWriter;
  keyPrefix?: string;
}): ElevationStore {
  const { redis, writer = createPlainWriter(redis) } = deps;
  const { client, ask } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const parts = { redis, keys };
  const { readAll, newest, changesSince } = createReads(parts);
  const writesOn = new WeakMap<RedisConnection, ReturnType<typeof createWrites>>();
  const on = (connection: RedisConnection) => {
    const writes = writesOn.get(connection) ?? createWrites({ redis: connection, keys });
    writesOn.set(connection, writes);
    return writes;
  };
  const shared = on(redis);
  return {
    notices: createRedisNoticeOutbox(parts),
    create: (elevation, nextStepAt, notices = []) =>
      writer.write((connection) => on(connection).create(elevation, nextStepAt, notices)),
    read: async (id) => (await readAll([id]))[0],
    readAll,
    replace: (elevation, nextStepAt, notices = []) =>
      writer.write((connection) => on(connection).replace(elevation, nextStepAt, notices)),
    confirm: createConfirm({ redis, writer }),
    hold: createRedisHolds(parts),
    open: async () => readAll(await ask(() => client.zrangebyscore(keys.dueElevations, '-inf', '+inf'))),
    due: (now, limit) => ask(() => client.zrangebyscore(keys.dueElevations, '-inf', now, 'LIMIT', 0, limit)),
    touch: ({ id }, nextStepAt) =>
      ask(async () => {
        await shared.setDue(id, nextStepAt);
        await shared.note(id);
      }),
    ofPerson: (person, limit) => newest(keys.elevationsOf(person), limit),
    latest: (limit) => newest(keys.elevations, limit),
    ...createLog(parts, changesSince),
  };
}
