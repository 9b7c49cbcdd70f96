import { auditPageSchema, type AuditRow } from '@sallyport/contracts/answers';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { queryOf, Refused } from '../../gateway/ask-gateway.ts';
import { useAsking } from '../../gateway/use-answer.ts';

/** When a token last matched a workload. Without an event, the trail has none, as far as the reader sees it. */
export type LastMatch = { event?: AuditRow | undefined; seesAll?: boolean; fault?: string };

/** Returns the query of the sessions that a workload began. */
export const matchesOf = (workload: string) => ({ type: 'workload.session.started', workload });

/**
 * Asks the trail when each workload last matched, once `ask` has named it. The questions come one after the other, because
 * the gateway answers only a few of one person at a time.
 */
export function useLastMatches(): { matches: ReadonlyMap<string, LastMatch>; ask(workload: string): void } {
  const { gateway } = useAsking();
  const [matches, setMatches] = useState<ReadonlyMap<string, LastMatch>>(new Map());
  const queue = useRef<Promise<void>>(Promise.resolve());
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  const ask = useCallback(
    (workload: string) => {
      const read = async () => {
        if (isGone.current) return;
        const match = await gateway
          .read(auditPageSchema, `/audit${queryOf({ ...matchesOf(workload), limit: 1 })}`)
          .then(
            ({ events, scope }): LastMatch => ({ event: events[0], seesAll: scope === 'all' }),
            (error: unknown) => ({ fault: error instanceof Refused ? error.message : 'It cannot be read.' }),
          );
        setMatches((before) => new Map(before).set(workload, match));
      };
      queue.current = queue.current.then(read);
    },
    [gateway],
  );
  return { matches, ask };
}
