import type { OnCallConfig } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import { fetchOnCallList, OnCallFetchError } from './fetch-on-call-list.ts';
import type { OnCallList } from './on-call-list.ts';

const fetchTimeoutMs = 5000;
/** After a failure, the server is asked again sooner than otherwise. */
const retryMs = 5000;

type Hook = Pick<OnCallConfig, 'authorization' | 'refresh' | 'maxStale'> & { url: string };

/**
 * Asks a server for a list again and again. `first` resolves after the first try, whatever came of it. An answer counts
 * from when it was asked for, so that a slow one does not last longer.
 */
export function followOnCallHook(
  hook: Hook,
  list: Pick<OnCallList, 'take' | 'fail'>,
  { fetch, now, timeoutMs = fetchTimeoutMs }: { fetch: OutboundFetch; now: () => number; timeoutMs?: number },
): { first: Promise<void>; close(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void>;
  const ask = async () => {
    const askedAt = now();
    let wait = hook.refresh;
    try {
      const users = await fetchOnCallList(fetch, hook, { signal, timeoutMs });
      if (!signal.aborted) list.take(users, askedAt + hook.maxStale);
    } catch (error) {
      wait = Math.min(retryMs, hook.refresh);
      if (!signal.aborted) list.fail(error instanceof OnCallFetchError ? error.message : 'it could not be asked');
    }
    if (signal.aborted) return;
    timer = setTimeout(() => void (running = ask()), wait);
    timer.unref();
  };
  running = ask();
  return {
    first: running,
    async close() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
