import { rightsEndSchema, type RightsEnd } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { rightsEndsLimits } from './rights-ends-limits.ts';
import type { SessionStore } from './session-store.ts';

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
