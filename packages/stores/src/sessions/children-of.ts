import type { Session } from '@sallyport/contracts';
import type { RedisIndex } from '../redis/redis-index.ts';
import type { RedisKeys } from '../redis/redis-keys.ts';
import { isLiveAt } from './is-live-at.ts';
import type { LookUpSessions } from './look-up-sessions.ts';

/** Lists the sessions that hang on one session and have not ended themselves. */
export type ChildrenOf = (sessionId: string) => Promise<Session[]>;

/** Creates the list over the index of children. */
export function createChildrenOf(deps: {
  index: RedisIndex;
  keys: RedisKeys;
  /** Knows sessions as live as long as any replica may. */
  lookUp: Pick<LookUpSessions, 'own'>;
  now: () => number;
}): ChildrenOf {
  const { index, keys, lookUp, now } = deps;
  return async (sessionId) => {
    const found = await index.walk(keys.children(sessionId), now(), lookUp.own);
    return found.flatMap((one) => (isLiveAt(one, now()) ? [one.session] : []));
  };
}
