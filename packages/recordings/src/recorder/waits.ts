import { setTimeout as pause } from 'node:timers/promises';
import { RecordingUnavailable } from '../disk/recording-unavailable.ts';

/** Rejects if work takes longer than this. The work goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const isSlow = () => reject(new RecordingUnavailable(`the disk for recordings took longer than ${ms / 1000} s`));
  const timer = setTimeout(isSlow, ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Repeats a call until it succeeds, with growing pauses. Rejects when the signal is aborted. */
export async function persist<T>(
  call: () => Promise<T>,
  stopped: AbortSignal,
  onFailure: (error: Error) => void,
): Promise<T> {
  for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, 30_000)) {
    stopped.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      onFailure(error as Error);
      await pause(waitMs, undefined, { signal: stopped });
    }
  }
}
