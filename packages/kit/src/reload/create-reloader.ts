import { differ, identitiesOf } from '../config/read-text-file.ts';
import { createActiveConfig, takeCandidate } from './active-config.ts';
import type { ReadCandidate } from './config-reader.ts';
import { createFileFollower } from './follow-files.ts';
import type { ReloadResult } from './reload-metrics.ts';
import { createBackOff, type Reloader, type ReloaderDeps, type ReloadTrigger } from './reloader.ts';

/** Runs `work` one at a time. All calls during a run share the next one. */
function oneAtATime<A, R>(work: (argument: A) => Promise<R>) {
  let running: Promise<R> | undefined;
  let next: Promise<R> | undefined;
  const start = (argument: A) => {
    running = work(argument).finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    run(argument: A): Promise<R> {
      if (!running) return start(argument);
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start(argument);
        });
      return next;
    },
    idle: async () => {
      while (running) await running.catch(() => undefined);
    },
  };
}

/** The longest pause before a configuration that had to wait is tried again, unless reading it takes very long. */
const maxWaitMs = 15_000;

type UnreadCandidate = Extract<ReadCandidate, { ok: false }>;

/**
 * Creates the reloader and starts to follow the files. A configuration with any fault is rejected as a whole, and the one
 * in force stays.
 */
export function createReloader(deps: ReloaderDeps): Reloader {
  const { loaded } = deps;
  const active = createActiveConfig(deps);
  let files: ReadonlyMap<string, string> = loaded.files;
  let { maxBytes } = loaded.config.reload;
  const stopping = new AbortController();

  let unread = false;
  let isWaiting = false;
  /** Handles a failure of the reader itself: retries later, as the file need not change, and reports the failure once. */
  const retryLater = (candidate: UnreadCandidate, trigger: ReloadTrigger, tookMs: number): ReloadResult => {
    active.readerFailed();
    retry.failed(tookMs);
    if (unread && trigger === 'file') return 'rejected';
    unread = true;
    return active.reject(candidate.faults, trigger, candidate.failure);
  };
  const reads = oneAtATime(async (trigger: ReloadTrigger): Promise<ReloadResult> => {
    const seen = await identitiesOf(files.keys());
    // Another read may already have seen this change.
    if (trigger === 'file' && !unread && !isWaiting && !differ(files, seen)) return 'unchanged';
    const startedAt = performance.now();
    const { file, forOneProcess } = loaded;
    const candidate = await deps.read({ file, maxBytes, files: files.keys(), forOneProcess, signal: stopping.signal });
    if (stopping.signal.aborted) return 'unchanged';
    if (!candidate.ok && candidate.failure !== undefined) {
      const result = retryLater(candidate, trigger, performance.now() - startedAt);
      follower.follow(seen);
      return result;
    }
    unread = false;
    retry.reset();
    // Missing files are followed too: they may appear.
    if (candidate.files.length > 0) files = new Map(candidate.files);
    const result = await takeCandidate(active, deps, candidate, trigger);
    if (candidate.ok && result !== 'rejected') ({ maxBytes } = candidate.config.reload);
    const wasWaiting = isWaiting;
    isWaiting = result === 'postponed';
    if (!isWaiting) waiting.reset();
    else if (!stopping.signal.aborted) waiting.failed(wasWaiting ? performance.now() - startedAt : 0);
    if (!stopping.signal.aborted) follower.follow(files);
    return result;
  });
  const retry = createBackOff({ ...deps.retry, again: () => void reads.run('file') });
  /** Reading is costly, so it is repeated only if it may help. */
  const tryAgain = async () => {
    if ((await deps.canApply?.()) !== false) await reads.run('file');
    else if (!stopping.signal.aborted && isWaiting) waiting.failed(0);
  };
  const waiting = createBackOff({ maxMs: maxWaitMs, ...deps.retry, again: () => void tryAgain() });
  const follower = createFileFollower({ ...deps.pace, onChange: () => void reads.run('file') });
  follower.follow(files);
  return {
    status: active.status,
    onStatus: active.onStatus,
    reload: (trigger) => reads.run(trigger),
    checkFiles: () => follower.check(),
    async close() {
      stopping.abort();
      retry.reset();
      waiting.reset();
      follower.close();
      await reads.idle();
    },
  };
}
