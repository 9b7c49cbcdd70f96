import type { TokenSource } from '@sallyport/carrier/connector';
import { createListeners } from '@sallyport/kit';
import type { GrantedToken } from './request-token.ts';

const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** How soon another one is asked for because the API server refused the last one. */
const leastRenewMs = 10_000;

type Deps = {
  request(): Promise<GrantedToken>;
  /** Milliseconds of a clock that nobody sets. */
  now(): number;
  /** Returns a number from 0 to 1. */
  random(): number;
  onRenewed(lifetimeMs: number): void;
  onFailed(error: unknown): void;
};

/**
 * Creates the source of the token for the gateway. It asks at once, again at two thirds of the token's life, and after a
 * failure with growing pauses. The token is only in memory.
 */
export function createTokenSource({
  request,
  now,
  random,
  onRenewed,
  onFailed,
}: Deps): TokenSource & { close(): void } {
  const renewed = createListeners<void>();
  let current: { token: string; until: number } | undefined;
  let failures = 0;
  let askedAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const after = (ms: number) => {
    if (isClosed) return;
    timer = setTimeout(() => void renew(), ms);
    timer.unref();
  };
  async function renew(): Promise<void> {
    // The time that the answer takes is part of the life of the token.
    const asked = now();
    askedAt = asked;
    try {
      const { token, lifetimeMs } = await request();
      current = { token, until: asked + lifetimeMs };
      failures = 0;
      onRenewed(lifetimeMs);
      renewed.tell();
      // Several replicas started at the same time do not stay together.
      after((lifetimeMs * 2 * (0.9 + 0.1 * random())) / 3);
    } catch (error) {
      onFailed(error);
      after(Math.min(longestRetryMs, firstRetryMs * 2 ** failures) * (0.5 + 0.5 * random()));
      failures += 1;
    }
  }
  void renew();

  return {
    current() {
      const secondsLeft = current === undefined ? 0 : Math.floor((current.until - now()) / 1000);
      return current === undefined || secondsLeft <= 0 ? undefined : { token: current.token, secondsLeft };
    },
    subscribe: renewed.add,
    renew() {
      if (isClosed || now() - askedAt < leastRenewMs) return;
      clearTimeout(timer);
      void renew();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
