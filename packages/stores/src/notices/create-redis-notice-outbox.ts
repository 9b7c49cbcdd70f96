import { noticeSchema } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import { z } from 'zod';
import { keptAfterEndMs } from '../elevations/elevation-store.ts';
import { askRedis } from '../redis/ask-redis.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { defineScript } from '../redis/redis-scripts.ts';
import { deliverySchema, maxWaiting, newDelivery, type NoticeOutbox, type Waiting } from './notice-outbox.ts';
import { enqueueScript, markScript, releaseScript, takeScript } from './notice-scripts.ts';

/** A queue that nothing is written to is that of a channel which is no longer configured. */
const keepQueueMs = 5 * keptAfterEndMs;
/** Entries that are due but leased must not hide others. */
const maxLooked = 500;

const pairSchema = z.tuple([z.string(), z.string()]);
const deliveryField = (channel: string) => `delivery:${channel}`;

/** The field of a notice in the key of its elevation. */
export const noticeField = (number: number): string => `notice:${number}`;

/** Reads what belongs to a channel from the fields of an elevation. Ignores what it cannot read. */
function readWaiting(fields: Record<string, string>, channel: string): Waiting | undefined {
  if (fields['elevation'] === undefined) return undefined;
  const notices = Object.entries(fields)
    .filter(([name]) => name.startsWith('notice:'))
    .flatMap(([, text]) => noticeSchema.safeParse(parseJson(text)).data ?? [])
    .toSorted((a, b) => a.number - b.number);
  const version = fields[deliveryField(channel)] ?? '';
  return { notices, version, delivery: deliverySchema.safeParse(parseJson(version)).data ?? newDelivery };
}

/** Creates the outbox whose notices are in the keys of the elevations. Each script touches one key. */
export function createRedisNoticeOutbox({ redis, keys }: { redis: RedisConnection; keys: RedisKeys }): NoticeOutbox & {
  /** Announces that a notice is about to be written, so that it is looked for even if this process dies. */
  expect(channel: string, elevationId: string, afterMs: number): Promise<void>;
} {
  const { client } = redis;
  const enqueue = defineScript(redis, enqueueScript);
  const take = defineScript(redis, takeScript);
  const release = defineScript(redis, releaseScript);
  const mark = defineScript(redis, markScript);
  const { failedNotices: failed, noticeQueue: queue } = keys;
  return {
    expect: (channel, elevationId, afterMs) =>
      askRedis(async () => {
        await enqueue(queue(channel), elevationId, afterMs, maxWaiting, keepQueueMs, 1);
      }),
    wake: (channel, elevationId) =>
      askRedis(async () => (await enqueue(queue(channel), elevationId, 0, maxWaiting, keepQueueMs, 0)) === 1),
    async take(channel, leaseMs, limit) {
      const taken = (await askRedis(() => take(queue(channel), leaseMs, limit, maxLooked))) as string[];
      return taken.flatMap((elevationId, at) => (at % 2 === 0 ? [{ elevationId, lease: taken[at + 1]! }] : []));
    },
    release: (channel, { elevationId, lease }, afterMs) =>
      askRedis(async () => {
        await release(queue(channel), elevationId, lease, afterMs === undefined ? '' : Math.ceil(afterMs));
      }),
    read: async (channel, elevationId) =>
      readWaiting(await askRedis(() => client.hgetall(keys.elevation(elevationId))), channel),
    mark: (channel, elevationId, version, next) =>
      askRedis(async () => {
        const member = JSON.stringify([channel, elevationId]);
        const now = Date.now();
        if (next.failed.length > 0) await client.zadd(failed, next.failed.at(-1)!.at, member);
        const text = JSON.stringify(next);
        const marked = await mark(keys.elevation(elevationId), deliveryField(channel), version, text);
        if (marked === 1 && next.failed.length === 0) await client.zrem(failed, member);
        await client.zremrangebyscore(failed, '-inf', now - 4 * keptAfterEndMs);
        return marked === 1;
      }),
    async queued(channel, limit) {
      const [total, members] = await askRedis(() =>
        Promise.all([client.zcard(queue(channel)), client.zrange(queue(channel), '0', String(limit - 1))]),
      );
      return {
        total,
        queued: members.map((member) => ({ elevationId: member.slice(1), leased: member.startsWith('l') })),
      };
    },
    async failed(limit) {
      const members = await askRedis(() => client.zrevrange(failed, 0, limit - 1));
      return members.flatMap((member) => {
        const [channel, elevationId] = pairSchema.safeParse(parseJson(member)).data ?? [];
        return channel === undefined || elevationId === undefined ? [] : [{ channel, elevationId }];
      });
    },
  };
}
