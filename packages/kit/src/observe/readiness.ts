import { withDeadline } from '../time/with-deadline.ts';

/**
 * A condition for being ready. Throws or rejects while it is not met. A text is what the operator should know although
 * it is met.
 */
type ReadinessCheck = () => string | undefined | void | Promise<string | undefined | void>;

/** The checks behind `/readyz`. */
export type Readiness = {
  add(name: string, check: ReadinessCheck): void;
  /** Runs all checks concurrently, each with a deadline of one second. */
  report(): Promise<{ ready: boolean; checks: Record<string, string> }>;
};

type Outcome = { met: boolean; text: string };

async function outcome(check: ReadinessCheck): Promise<Outcome> {
  try {
    const note = await withDeadline(Promise.resolve().then(check), 1000, () => new Error('no answer within 1 s'));
    return { met: true, text: typeof note === 'string' ? `ok (${note})` : 'ok' };
  } catch (error) {
    return { met: false, text: error instanceof Error ? error.message : 'failed' };
  }
}

/** Creates an empty set of readiness checks. Without any, a service is ready. */
export function createReadiness(): Readiness {
  const checks = new Map<string, ReadinessCheck>();
  return {
    add: (name, check) => void checks.set(name, check),
    async report() {
      const entries = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await outcome(check)] as const),
      );
      return {
        ready: entries.every(([, { met }]) => met),
        checks: Object.fromEntries(entries.map(([name, { text }]) => [name, text])),
      };
    },
  };
}
