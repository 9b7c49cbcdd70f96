import { aboutIdOf, noticeSchema, type Notice } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import { z } from 'zod';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { type RedisScript, defineScript } from '../redis/redis-scripts.ts';
import {
  deliverySchema,
  maxWaiting,
  newDelivery,
  type NoticeOutbox,
  type Waiting,
  keptAfterEndMs,
} from './notice-outbox.ts';

// The queue of a channel is a sorted set of what there are notices about: elevations and service accounts. `w<id>` is one
// that waits, by the time from which it may be taken. `l<id>` is one that a replica has taken, by the end of its lease. A
// notice that is added meanwhile leaves the lease alone. The clock is that of Redis, because those of the replicas may
// differ by more than a lease.
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end`;

/**
 * KEYS: queue. ARGV: id, milliseconds until it may be taken, most that may wait, milliseconds to keep the queue, and
 * whether an entry that is there stays as it is. Returns 0 if too many wait.
 */
const enqueueScript: RedisScript = {
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
const takeScript: RedisScript = {
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
const releaseScript: RedisScript = {
  name: 'sallyportReleaseNotices',
  lua: `${clock}
local leased = redis.call('ZSCORE', KEYS[1], 'l' .. ARGV[1])
if not leased or text(tonumber(leased)) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], 'l' .. ARGV[1])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[3])), 'w' .. ARGV[1]) end
return 1`,
};

/** KEYS: notices. ARGV: field, text, milliseconds to keep all of them. A notice that is there stays as it is. */
const putNoticeScript: RedisScript = {
  name: 'sallyportPutNotice',
  lua: `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,
};

/** KEYS: notices. ARGV: field, the text that is replaced (empty: none), the new one. Returns 0 if another is stored. */
const markScript: RedisScript = {
  name: 'sallyportMarkNotices',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`,
};

/** A queue that nothing is written to is that of a channel which is no longer configured. */
const keepQueueMs = 5 * keptAfterEndMs;
/** How long a replica has for a write before others look for the notice. */
const writeMs = 5000;
/** Entries that are due but leased must not hide others. */
const maxLooked = 500;

const pairSchema = z.tuple([z.string(), z.string()]);
const deliveryField = (channel: string) => `delivery:${channel}`;

/** The field of a notice in the key of what it is about. */
export const noticeField = (number: number): string => `notice:${number}`;

/** Reads what belongs to a channel from the fields of one key. Ignores what it cannot read. */
function readWaiting(fields: Record<string, string>, channel: string): Waiting | undefined {
  if (Object.keys(fields).length === 0) return undefined;
  const notices = Object.entries(fields)
    .filter(([name]) => name.startsWith('notice:'))
    .flatMap(([, text]) => noticeSchema.safeParse(parseJson(text)).data ?? [])
    .toSorted((a, b) => a.number - b.number);
  const version = fields[deliveryField(channel)] ?? '';
  return { notices, version, delivery: deliverySchema.safeParse(parseJson(version)).data ?? newDelivery };
}

type Parts = { redis: RedisConnection; keys: RedisKeys };

/** The notices about service accounts, in keys of their own. */
function createAccountNotices(
  { redis, keys }: Parts,
  enqueue: ReturnType<typeof defineScript>,
): Pick<NoticeOutbox, 'put' | 'has'> {
  const put = defineScript(redis, putNoticeScript);
  const enqueueAll = async ({ channels }: Notice, aboutId: string, afterMs: number, keep: 0 | 1) => {
    for (const channel of channels)
      await enqueue(keys.noticeQueue(channel), aboutId, afterMs, maxWaiting, keepQueueMs, keep);
  };
  return {
    put: (notice, keepMs) =>
      redis.ask(async () => {
        const aboutId = aboutIdOf(notice);
        // It is looked for even if this process dies after the next write.
        await enqueueAll(notice, aboutId, writeMs, 1);
        await put(keys.noticesAbout(aboutId), noticeField(notice.number), JSON.stringify(notice), Math.ceil(keepMs));
        await enqueueAll(notice, aboutId, 0, 0);
      }),
    has: (aboutId, number) =>
      redis.ask(async () => (await redis.client.hexists(keys.noticesAbout(aboutId), noticeField(number))) === 1),
  };
}

/** Creates the outbox. Notices about an elevation are in its own keys. Each script touches one key. */
export function createRedisNoticeOutbox({ redis, keys }: Parts): NoticeOutbox & {
  /** Announces that a notice is about to be written, so that it is looked for even if this process dies. */
  expect(channel: string, aboutId: string, afterMs: number): Promise<void>;
} {
  const { client, ask } = redis;
  const enqueue = defineScript(redis, enqueueScript);
  const take = defineScript(redis, takeScript);
  const release = defineScript(redis, releaseScript);
  const mark = defineScript(redis, markScript);
  const { failedNotices: failed, noticeQueue: queue } = keys;
  return {
    expect: (channel, aboutId, afterMs) =>
      ask(async () => {
        await enqueue(queue(channel), aboutId, afterMs, maxWaiting, keepQueueMs, 1);
      }),
    ...createAccountNotices({ redis, keys }, enqueue),
    wake: (channel, aboutId) =>
      ask(async () => (await enqueue(queue(channel), aboutId, 0, maxWaiting, keepQueueMs, 0)) === 1),
    async take(channel, leaseMs, limit) {
      const taken = (await ask(() => take(queue(channel), leaseMs, limit, maxLooked))) as string[];
      return taken.flatMap((aboutId, at) => (at % 2 === 0 ? [{ aboutId, lease: taken[at + 1]! }] : []));
    },
    release: (channel, { aboutId, lease }, afterMs) =>
      ask(async () => {
        await release(queue(channel), aboutId, lease, afterMs === undefined ? '' : Math.ceil(afterMs));
      }),
    read: async (channel, aboutId) => readWaiting(await ask(() => client.hgetall(keys.noticesAbout(aboutId))), channel),
    mark: (channel, aboutId, version, next) =>
      ask(async () => {
        const member = JSON.stringify([channel, aboutId]);
        const now = Date.now();
        if (next.failed.length > 0) await client.zadd(failed, next.failed.at(-1)!.at, member);
        const text = JSON.stringify(next);
        const marked = await mark(keys.noticesAbout(aboutId), deliveryField(channel), version, text);
        if (marked === 1 && next.failed.length === 0) await client.zrem(failed, member);
        await client.zremrangebyscore(failed, '-inf', now - 4 * keptAfterEndMs);
        return marked === 1;
      }),
    async queued(channel, limit) {
      const [total, members] = await ask(() =>
        Promise.all([client.zcard(queue(channel)), client.zrange(queue(channel), '0', String(limit - 1))]),
      );
      return {
        total,
        queued: members.map((member) => ({ aboutId: member.slice(1), leased: member.startsWith('l') })),
      };
    },
    async failed(limit) {
      const members = await ask(() => client.zrevrange(failed, 0, limit - 1));
      return members.flatMap((member) => {
        const [channel, aboutId] = pairSchema.safeParse(parseJson(member)).data ?? [];
        return channel === undefined || aboutId === undefined ? [] : [{ channel, aboutId }];
      });
    },
  };
}
