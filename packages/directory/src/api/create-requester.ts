import { boundFetch, type OutboundFetch } from '@sallyport/kit';

/** Tells why a request to an API failed. Contains nothing of the request's headers or body. */
export class ApiFailure extends Error {
  /** The status of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
  }
}

const firstWaitMs = 500;

const seconds = (text: string | null): number => (text !== null && /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN);

/**
 * Returns how many milliseconds to wait before the request is repeated, or undefined if it should not be. A rate limit
 * comes with a `Retry-After`, or with the time at which it is lifted (`X-RateLimit-Reset` from GitHub,
 * `X-Rate-Limit-Reset` from Okta, in seconds since the epoch). Google and others answer 403 as well as 429.
 */
export function waitBeforeRetry(
  answer: { status: number; headers: Pick<Headers, 'get'> } | undefined,
  about: { tries: number; now: number; reason?: string },
): number | undefined {
  const backOff = firstWaitMs * 2 ** about.tries;
  if (!answer) return backOff;
  const { status, headers } = answer;
  const limited =
    status === 429 ||
    (status === 403 &&
      (headers.get('retry-after') !== null ||
        headers.get('x-ratelimit-remaining') === '0' ||
        /rateLimitExceeded|userRateLimitExceeded|quotaExceeded/.test(about.reason ?? '')));
  if (limited) {
    const stated = [
      seconds(headers.get('retry-after')) * 1000,
      ...['x-ratelimit-reset', 'x-rate-limit-reset'].map((name) => seconds(headers.get(name)) * 1000 - about.now),
    ].find(Number.isFinite);
    return Math.max(stated ?? 0, stated === undefined ? backOff : 1000);
  }
  return status >= 500 || status === 408 ? backOff : undefined;
}

type ApiRequest = { method: string; body?: string; etag?: string | undefined };

export type RequesterDeps = {
  fetch: OutboundFetch;
  /** The base address of the API. Nothing else is requested, whatever an answer names as its next page. */
  url: string;
  /** Called for every request; returns its authorization. */
  headers(): Promise<Record<string, string>>;
  now: () => number;
  sleep(ms: number): Promise<void>;
  /** Reports whether the service is stopping. */
  closed?: () => boolean;
  /**
   * How often to try, and how long to wait at most each time, if the API is down or limits the rate. Less where a user
   * waits for the answer.
   */
  patience?: { tries: number; maxWaitMs: number };
};

const timeoutMs = 15_000;
const syncPatience = { tries: 5, maxWaitMs: 120_000 };

/**
 * Creates a function that sends requests to one API. It checks every address, bounds every answer and respects rate
 * limits. It resolves with an answer of status 2xx or 304, and rejects with an ApiFailure.
 */
export function createRequester(deps: RequesterDeps): (url: string, request: ApiRequest) => Promise<Response> {
  const { url: base, now, sleep, patience = syncPatience } = deps;
  const fetch = boundFetch(deps.fetch);
  const sendOnce = async (url: string, { method, body, etag }: ApiRequest): Promise<Response> =>
    fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(await deps.headers()),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      body,
    });
  return async (url, request) => {
    if (!url.startsWith(`${base}/`) || url.includes('/../') || url.includes('\\'))
      throw new ApiFailure('the next page named in the answer is not part of this API');
    for (let tries = 0; ; tries += 1) {
      const response = await sendOnce(url, request).catch((error: unknown) => {
        if (error instanceof ApiFailure) throw error;
        return undefined;
      });
      if (response && (response.ok || response.status === 304)) return response;
      // Google and GitHub explain a 403 in its body. The text is only searched for known reasons, never shown.
      const reason = response?.status === 403 ? await response.text().catch(() => '') : '';
      const wait = waitBeforeRetry(response, { tries, now: now(), reason });
      const { pathname } = new URL(url);
      const failure = new ApiFailure(
        response ? `${pathname} answered with status ${response.status}` : `${pathname} did not answer`,
        response?.status,
      );
      if (wait === undefined || wait > patience.maxWaitMs || tries + 1 >= patience.tries || deps.closed?.())
        throw failure;
      await sleep(wait);
    }
  };
}
