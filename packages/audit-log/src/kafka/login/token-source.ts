/** A token and its lifetime in milliseconds from the request on. */
export type IssuedToken = { value: string; lifetimeMs: number };

export type TokenSource = {
  /** Returns a token that is still valid. Rejects with the error of the request if there is none. */
  token(): Promise<string>;
  /** Forgets a token that the broker refuses, so that the next login requests another one. */
  refused(token: string): void;
};

export type TokenSourceDeps = {
  request(): Promise<IssuedToken>;
  /** Milliseconds of a clock that only goes forward. */
  monotonicNow(): number;
  /** Called when a token cannot be renewed while the old one is still valid. */
  onLate?(error: Error): void;
};

const retryMs = 1000;
/** A broker ends a connection with its token, and lets it log in again once a second. So the last seconds are useless. */
const uselessMs = 3000;

/**
 * Returns after how many milliseconds a token is renewed: when a fifth of its lifetime is left, or ten seconds if that
 * is more, but not before half of it. A provider may be away for that long.
 */
function renewalOf(lifetimeMs: number): number {
  return Math.min(0.8 * lifetimeMs, Math.max(0.5 * lifetimeMs, lifetimeMs - 10_000));
}

/**
 * Creates a source of tokens that all connections of a client share. A token is kept until shortly before it expires.
 * Concurrent callers share one request, and after a failure the next request waits a second.
 */
export function createTokenSource({ request, monotonicNow, onLate }: TokenSourceDeps): TokenSource {
  let held: { value: string; renewAt: number; expiresAt: number } | undefined;
  let flight: Promise<string> | undefined;
  let failure: { error: Error; until: number } | undefined;

  const requestAgain = async (): Promise<string> => {
    const begun = monotonicNow();
    try {
      const { value, lifetimeMs } = await request();
      const end = begun + lifetimeMs - Math.min(uselessMs, lifetimeMs / 10);
      held = { value, renewAt: begun + renewalOf(lifetimeMs), expiresAt: end };
      failure = undefined;
      return value;
    } catch (error) {
      failure = { error: error as Error, until: monotonicNow() + retryMs };
      if (held === undefined || monotonicNow() >= held.expiresAt) throw error;
      onLate?.(error as Error);
      return held.value;
    } finally {
      flight = undefined;
    }
  };

  return {
    async token() {
      const now = monotonicNow();
      if (held && now < held.renewAt) return held.value;
      if (failure && now < failure.until) {
        if (held && now < held.expiresAt) return held.value;
        throw failure.error;
      }
      flight ??= requestAgain();
      return flight;
    },
    refused(token) {
      if (held?.value === token) held = undefined;
    },
  };
}
