import { onCallAnswerSchema, type OnCallUser, type OnCallConfig } from '@sallyport/contracts';
import { boundFetch, describeFetchFailure, parseJson, type OutboundFetch } from '@sallyport/kit';
import { describeOnCallFault, type OnCallList } from './on-call-list.ts';

/** Why a server did not give a list, in words that contain nothing secret. */
class OnCallFetchError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'OnCallFetchError';
  }
}

/**
 * Asks a server for an on-call list. A redirect is not followed: it would send the credential to an address that no
 * operator has chosen. Rejects with an OnCallFetchError.
 */
export async function fetchOnCallList(
  fetch: OutboundFetch,
  { url, authorization }: { url: string; authorization?: string | null | undefined },
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<readonly OnCallUser[]> {
  let status: number;
  let text: string;
  try {
    const response = await boundFetch(fetch)(url, {
      method: 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': 'sallyport',
        ...(authorization == null ? {} : { authorization }),
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    ({ status } = response);
    text = await response.text();
  } catch (error) {
    throw new OnCallFetchError(describeFetchFailure(error, timeoutMs));
  }
  if (status >= 300 && status < 400)
    throw new OnCallFetchError(`it answered ${status}, a redirect, which is not followed`);
  if (status !== 200) throw new OnCallFetchError(`it answered ${status}`);
  const body = parseJson(text);
  if (body === undefined) throw new OnCallFetchError('its answer is not JSON');
  const parsed = onCallAnswerSchema.safeParse(body);
  if (!parsed.success)
    throw new OnCallFetchError(`its answer is no list: ${describeOnCallFault(parsed.error.issues[0]!)}`);
  return parsed.data.users;
}

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
