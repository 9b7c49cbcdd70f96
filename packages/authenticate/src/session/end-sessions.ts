import type { Session } from '@sallyport/contracts';

const atOnce = 32;

/** What ended: how many sessions were live, and whether the audit log has recorded the end of all of them in time. */
export type EndedSessions = { ended: number; recorded: boolean };

/**
 * Ends sessions in small batches, so that the store and the audit log keep up. Ends the session `last` after all
 * others. No session waits until the end of another is recorded. `record` reports whether one is, and never rejects.
 */
export async function endSessions(
  ids: readonly string[],
  steps: { end(id: string): Promise<Session | undefined>; record(ended: Session): Promise<boolean> },
  last?: string,
): Promise<EndedSessions> {
  const records: Promise<boolean>[] = [];
  const end = async (id: string) => {
    const ended = await steps.end(id);
    if (ended) records.push(steps.record(ended));
  };
  const others = ids.filter((id) => id !== last);
  for (let from = 0; from < others.length; from += atOnce)
    await Promise.all(others.slice(from, from + atOnce).map(end));
  if (last !== undefined && ids.includes(last)) await end(last);
  const recorded = await Promise.all(records);
  return { ended: recorded.length, recorded: recorded.every(Boolean) };
}
