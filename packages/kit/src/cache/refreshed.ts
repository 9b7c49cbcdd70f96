/** How long a value is used before it is fetched again, how long if that fails, and the pause between two fetches. */
export const refreshTimes = { freshMs: 600_000, graceMs: 3_600_000, pauseMs: 10_000 } as const;

/**
 * Creates the holder of one value, which is fetched when it is first needed, and again when it is old or lacks what is
 * asked for. Callers at the same time share one fetch, so whatever callers ask for, there is at
 * most one fetch per pause.
 */
export function createRefreshed<Value>(deps: { fetch(): Promise<Value>; now: () => number }) {
  const { now } = deps;
  const { freshMs, graceMs, pauseMs } = refreshTimes;
  let held: { value: Value; at: number } | undefined;
  let failure: Error | undefined;
  let flight: Promise<void> | undefined;
  let pausedUntil = -Infinity;

  const heldFor = (ms: number) => (held && now() - held.at < ms ? held : undefined);
  const fetchAgain = async () => {
    const at = now();
    pausedUntil = at + pauseMs;
    try {
      held = { value: await deps.fetch(), at };
      failure = undefined;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    } finally {
      flight = undefined;
    }
  };
  return {
    /**
     * Returns the value. Fetches it again if it is old or `isEnough` rejects it, but never soon after the last time. Rejects
     * with the failure of the last fetch if there is no value, the value is too old, or a failed fetch could have brought
     * what is missing.
     */
    async get(isEnough: (value: Value) => boolean): Promise<Value> {
      const fresh = heldFor(freshMs);
      if (fresh && isEnough(fresh.value)) return fresh.value;
      if (flight || now() >= pausedUntil) await (flight ??= fetchAgain());
      const usable = heldFor(graceMs);
      if (usable && (!failure || isEnough(usable.value))) return usable.value;
      throw failure ?? new Error('the value is too old');
    },
  };
}
