import { auditPageSchema, type AuditRow, type AuditRows } from '@sallyport/contracts/answers';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Refused } from '../../gateway/ask-gateway.ts';
import { useAsking, type Answer } from '../../gateway/use-answer.ts';
import { pageQuery, type Search } from './trail-query.ts';

/** What was found so far. */
export type Found = Pick<AuditRows, 'scope' | 'view'> & { events: readonly AuditRow[]; next?: string | undefined };

type Known = { of: Search; value?: Found; fault?: Refused };

/** Reads the trail page by page, as far as it is looked at. */
export function useTrail(search: Search, order: string): Answer<Found> & { more(): void } {
  const { gateway } = useAsking();
  const [known, setKnown] = useState<Known>({ of: search });
  const reading = useRef<object | undefined>(undefined);
  const read = useCallback(
    async (before?: Found) => {
      const mine = {};
      reading.current = mine;
      const set = (next: Omit<Known, 'of'>) => {
        if (reading.current !== mine) return;
        reading.current = undefined;
        setKnown({ of: search, ...next });
      };
      try {
        const page = await gateway.read(auditPageSchema, `/audit${pageQuery(search, order, before?.next)}`);
        const { events, next, scope, view } = page;
        set({ value: { events: [...(before?.events ?? []), ...events], next: next ?? undefined, scope, view } });
      } catch (error) {
        const fault = error instanceof Refused ? error : new Refused('The answer cannot be shown.', 500);
        set({ ...(before && { value: before }), fault });
      }
    },
    [gateway, search, order],
  );
  useEffect(() => void read(), [read]);
  const { value, fault } = known.of === search ? known : {};
  const more = useCallback(() => {
    if (value?.next !== undefined && reading.current === undefined && !fault) void read(value);
  }, [read, value, fault]);
  return useMemo(() => ({ value, fault, again: () => read(), more }), [value, fault, read, more]);
}
