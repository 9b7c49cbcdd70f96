import { aboutIdOf, noticeSchema, type Notice } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import { z } from 'zod';
import { keptAfterEndMs } from '../elevations/elevation-store.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript } from '../redis/redis-scripts.ts';
import { deliverySchema, maxWaiting, newDelivery, type NoticeOutbox, type Waiting } from './notice-outbox.ts';
import { enqueueScript, markScript, putNoticeScript, releaseScript, takeScript } from './notice-scripts.ts';

/** A queue that nothing is written to is that of a channel which is no longer configured. */
const keepQueueMs = 5 * keptAfterEndMs;
/** How long a replica has for a write before others look for the notice. */
const writeMs = 5000;
/** Entries that are due but leased must not hide others. */
const maxLooked = 500;

const pairSchema = z.tuple([z.string(), z.string()]);
const deliveryField = (channel: string) => `delivery:${channel}`;

/** The field of a notice in the key of its elevation. */
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

/** Creates what stores the notices about service accounts, in keys of their own. */
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

/** Creates the outbox whose notices are in the keys of the elevations. Each script touches one key. */
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
