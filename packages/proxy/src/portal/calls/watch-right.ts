import { ProblemError } from '@sallyport/kit';

/** A caller who lost the right sees at most what comes within this time. */
const mostRecheckMs = 2000;
/** How long an answer goes on while authorize cannot be reached, in milliseconds. */
const graceMs = 30_000;

type RightWatch = {
  /** Checks now, if no check is under way. */
  check(): void;
  stop(): void;
};

/**
 * Checks again and again whether a long answer may go on: `check` resolves to the reason why not. Calls `end` with the
 * reason, also if the session is over, or if nothing can be learned of it for long.
 */
export function watchRight(
  check: () => Promise<string | undefined>,
  end: (reason: string) => void,
  recheckMs: number = mostRecheckMs,
): RightWatch {
  let answeredAt = Date.now();
  let isAsking = false;
  const ask = async () => {
    isAsking = true;
    try {
      const reason = await check();
      answeredAt = Date.now();
      if (reason !== undefined) end(reason);
    } catch (error) {
      const code = error instanceof ProblemError ? error.code : undefined;
      if (code === 'unauthenticated') end('session-ended');
      else if (code === 'forbidden') end('not-allowed');
      else if (Date.now() - answeredAt > graceMs) end('authorize-unavailable');
    } finally {
      isAsking = false;
    }
  };
  const askOnce = () => {
    if (!isAsking) void ask();
  };
  const timer = setInterval(askOnce, Math.min(recheckMs, mostRecheckMs));
  timer.unref();
  return { check: askOnce, stop: () => clearInterval(timer) };
}
