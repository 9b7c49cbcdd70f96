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
