import { createRepeaterWithOutage, type Logger } from '@sallyport/kit';
import type { NameStore, SessionStore } from '@sallyport/stores';
import { holderOf } from './with-own-name.ts';

/**
 * Gives the names of live service accounts to their makers: of those that an older version of the gateway has
 * made, also while replicas of that version still run. Any number of replicas may do it at once. The oldest account of a
 * name counts.
 */
export function createNameSeeder(deps: {
  sessions: Pick<SessionStore, 'list'>;
  names: Pick<NameStore, 'list' | 'hold'>;
  logger: Logger;
  /** Spreads the replicas. */
  random: () => number;
  pauseMs?: number;
}) {
  const { sessions, names, logger, random, pauseMs = 600_000 } = deps;
  /** Does it once, and returns how many names it gave. Rejects if a store is down. */
  const runOnce = async () => {
    const live = (await sessions.list()).flatMap(({ serviceAccount }) => serviceAccount ?? []);
    const held = live.length === 0 ? [] : await names.list();
    const known = new Set(held.map(({ name }) => name));
    let given = 0;
    for (const { name, maker } of live.filter((one) => !known.has(one.name)))
      if ((await names.hold(name, holderOf(maker))) === 'given') given += 1;
    if (given > 0) logger.info({ given }, 'names of service accounts were given to their makers');
    return given;
  };
  const repeater = createRepeaterWithOutage({
    run: runOnce,
    pauseMs: pauseMs,
    random,
    logger,
    failed: 'the names of service accounts cannot be given to their makers at the moment; this is tried again',
    recovered: 'the names of service accounts belong to their makers again',
  });
  return { runOnce, start: () => repeater.start(0), close: () => repeater.close() };
}
