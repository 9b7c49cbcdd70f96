import type { AcmeFailure } from './acme-failure.ts';
import type { Refusals } from './certificate-files.ts';

const minute = 60_000;
const hour = 60 * minute;
const longestMs = 12 * hour;
/** Whatever the ACME server asks for, there is an attempt after this time. */
const longestWaitMs = 7 * 24 * hour;
/**
 * How many refusals of the ACME server there may be in an hour. Let's Encrypt allows five failed validations of a name in
 * an hour, and this leaves one of them for another program of the operator.
 */
const maxRefusals = 4;

/** When to try again after failures. Times in milliseconds since 1970. */
export type RetryPlan = {
  /** Before this time there is no attempt. */
  notBefore(): number;
  /** Counts a failure at once, and resolves when a restart would know of it too. Rejects if that cannot be written. */
  failed(error: AcmeFailure | undefined, lifetimeMs: number | undefined): Promise<void>;
  /** Notes that there is a new certificate, in the same way. */
  succeeded(): Promise<void>;
  /** When there was a new certificate. 0 if there was none yet, or if the clock went back behind that time. */
  issuedAt(): number;
};

/**
 * Creates the plan. Its pauses double from a minute to twelve hours, and less for certificates that live only for days.
 * Refusals are kept: a restart tries at once, but never more often than the limit or before the time that the server
 * named. Times that only a clock that was ahead can have given do not count.
 */
export function createRetryPlan(deps: {
  kept: { refusals(): Refusals; writeRefusals(refusals: Refusals): Promise<void> };
  now: () => number;
  /** Returns a number from 0 to 1. */
  random: () => number;
}): RetryPlan {
  const { kept, now, random } = deps;
  let refusals = kept.refusals();
  let failures = 0;
  let pauseUntil = 0;
  const recent = () => refusals.at.filter((time) => time > now() - hour && time <= now());
  const limited = () => {
    const times = recent();
    return times.length < maxRefusals ? 0 : times[times.length - maxRefusals]! + hour;
  };
  const unlessAhead = (time: number, longest: number) => (time > now() + longest ? 0 : time);
  return {
    notBefore: () =>
      Math.max(unlessAhead(pauseUntil, 2 * longestMs), unlessAhead(refusals.waitUntil, longestWaitMs), limited()),
    async failed(error, lifetimeMs = Infinity) {
      failures += 1;
      // Of a certificate for a day, a third is left for attempts.
      const first = Math.min(minute, lifetimeMs / 30);
      const pause = Math.min(longestMs, lifetimeMs / 10, first * 2 ** (failures - 1));
      pauseUntil = now() + pause * (0.75 + 0.5 * random());
      if (!error || (!error.isRefusal && error.retryAfterMs === undefined)) return;
      const asked = error.retryAfterMs === undefined ? 0 : now() + Math.min(error.retryAfterMs, longestWaitMs);
      refusals = {
        ...refusals,
        at: error.isRefusal ? [...recent(), now()] : recent(),
        waitUntil: Math.max(unlessAhead(refusals.waitUntil, longestWaitMs), asked),
      };
      await kept.writeRefusals(refusals);
    },
    async succeeded() {
      failures = 0;
      pauseUntil = 0;
      refusals = { ...refusals, issuedAt: now() };
      await kept.writeRefusals(refusals);
    },
    issuedAt: () => unlessAhead(refusals.issuedAt, 0),
  };
}
