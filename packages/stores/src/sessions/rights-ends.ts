import { type RightsEnd, rightsEndSchema } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { parseJson } from '@sallyport/kit';
import type { Tables } from '../embedded/tables.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import type { SessionStore } from './session-store.ts';

/**
 * How many ended rights are kept and read at once at most, and for how long. Nothing that was given for a time lasts as
 * long.
 */
const rightsEndsLimits = { max: 50_000, atOnce: 1000, keptMs: 60 * dayMs };

/** Creates the log of ended rights in memory. */
export function createMemoryRightsEnds(deps: {
  now: () => number;
  tables: Tables;
}): Pick<SessionStore, 'endRights' | 'rightsEnded'> {
  const log = deps.tables.map<RightsEnd>('rights-ends');
  let last = Math.max(0, ...[...log.keys()].map(Number));
  return {
    async endRights(of, reason) {
      last += 1;
      log.set(String(last), { of, reason, at: deps.now() });
      for (const oldest of log.size > rightsEndsLimits.max ? log.keys().take(1) : []) log.delete(oldest);
    },
    async rightsEnded(after) {
      const since = Number(after ?? 0);
      const found = [...log].filter(([position]) => Number(position) > since).slice(0, rightsEndsLimits.atOnce);
      return { position: found.at(-1)?.[0] ?? after, ends: found.map(([, end]) => structuredClone(end)) };
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
