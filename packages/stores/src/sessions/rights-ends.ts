import { type RightsEnd, rightsEndSchema } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { SessionStore } from './session-store.ts';

/**
 * How many ended rights are kept and read at once at most, and for how long. Nothing that was given for a time lasts as
 * long.
 */
const rightsEndsLimits = { max: 50_000, atOnce: 1000, keptMs: 60 * 24 * 3_600_000 };

/** Creates the log of ended rights in memory. */
export function createMemoryRightsEnds(deps: { now: () => number }): Pick<SessionStore, 'endRights' | 'rightsEnded'> {
  const log: { position: number; end: RightsEnd }[] = [];
  let last = 0;
  return {
    async endRights(of, reason) {
      last += 1;
      log.push({ position: last, end: { of, reason, at: deps.now() } });
      if (log.length > rightsEndsLimits.max) log.shift();
    },
    async rightsEnded(after) {
      const since = Number(after ?? 0);
      const found = log.filter(({ position }) => position > since).slice(0, rightsEndsLimits.atOnce);
      const position = found.at(-1)?.position.toString() ?? after;
      return { position, ends: found.map(({ end }) => structuredClone(end)) };
    },
  };
}

/** Creates the log of ended rights in Redis: a stream, which is forgotten when nothing was added for long. */
export function createRedisRightsEnds(deps: {
  redis: RedisConnection;
  key: string;
  now: () => number;
}): Pick<SessionStore, 'endRights' | 'rightsEnded'> {
  const { redis, key, now } = deps;
  const { client, ask } = redis;
  return {
    async endRights(of, reason) {
      const end: RightsEnd = { of, reason, at: now() };
      await ask(async () => {
        await client.xadd(key, 'MAXLEN', '~', rightsEndsLimits.max, '*', 'end', JSON.stringify(end));
        await client.pexpire(key, rightsEndsLimits.keptMs);
      });
    },
    async rightsEnded(after) {
      const from = after === undefined ? '-' : `(${after}`;
      const entries = await ask(() => client.xrange(key, from, '+', 'COUNT', rightsEndsLimits.atOnce));
      return {
        position: entries.at(-1)?.[0] ?? after,
        ends: entries.flatMap(([, fields]) => rightsEndSchema.safeParse(parseJson(fields[1] ?? '')).data ?? []),
      };
    },
  };
}
