export type BackOff = {
  /** An attempt has failed that took `tookMs`: `again` is called after a pause. */
  failed(tookMs: number): void;
  /**
   * An attempt has succeeded, or there is nothing to try any more: the next pause is the shortest again, and one that
   * runs is over.
   */
  reset(): void;
};

export type BackOffDeps = {
  again(): void;
  /** The shortest pause and the longest, in milliseconds: each is twice as long as the one before it. */
  firstMs?: number;
  longestMs?: number;
};

/** No more than a tenth of the time goes into attempts, however long one takes. */
const restFactor = 9;

/** Repeats what failed, after longer and longer pauses. */
export function createBackOff({ again, firstMs = 1000, longestMs = 300_000 }: BackOffDeps): BackOff {
  let pauseMs = firstMs;
  let timer: NodeJS.Timeout | undefined;
  return {
    failed(tookMs) {
      clearTimeout(timer);
      timer = setTimeout(again, Math.max(pauseMs, tookMs * restFactor));
      timer.unref();
      pauseMs = Math.min(pauseMs * 2, longestMs);
    },
    reset() {
      clearTimeout(timer);
      pauseMs = firstMs;
    },
  };
}
