import { withDeadline } from '../time/with-deadline.ts';

/** A condition for being ready. Throws or rejects while it is not met. */
type ReadinessCheck = () => void | Promise<void>;

/** The checks behind `/readyz`. */
export type Readiness = {
  add(name: string, check: ReadinessCheck): void;
  /** Runs all checks concurrently, each with a deadline of one second. */
  report(): Promise<{ ready: boolean; checks: Record<string, string> }>;
};

async function outcome(check: ReadinessCheck): Promise<string> {
  try {
    await withDeadline(Promise.resolve().then(check), 1000, () => new Error('no answer within 1 s'));
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
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
      return { ready: entries.every(([, text]) => text === 'ok'), checks: Object.fromEntries(entries) };
    },
  };
}
