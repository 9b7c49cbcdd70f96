type BackOff = {
  /** Handles a failed attempt that took `tookMs`: calls `again` after a pause. */
  failed(tookMs: number): void;
  /** Cancels a running pause and starts over with the shortest one. */
  reset(): void;
};

export type BackOffDeps = {
  again(): void;
  /** The shortest and the longest pause in milliseconds. Each pause is twice as long as the one before. */
  firstMs?: number;
  maxMs?: number;
};

/** Limits attempts to a tenth of the time, however long one takes. */
const restFactor = 9;

/** Creates retries with growing pauses. */
export function createBackOff({ again, firstMs = 1000, maxMs = 300_000 }: BackOffDeps): BackOff {
  let pauseMs = firstMs;
  let timer: NodeJS.Timeout | undefined;
  return {
    failed(tookMs) {
      clearTimeout(timer);
      timer = setTimeout(again, Math.max(pauseMs, tookMs * restFactor));
      timer.unref();
      pauseMs = Math.min(pauseMs * 2, maxMs);
    },
    reset() {
      clearTimeout(timer);
      pauseMs = firstMs;
    },
  };
}
