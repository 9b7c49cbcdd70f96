import type { FailureState } from './failure-state.ts';

/** After how long an operation that has not ended counts as a fault. */
const stalledMs = 5000;

/** Runs an operation on the disk. Reports while it still runs that it takes very long. */
export async function reportStalls(failures: FailureState, operation: () => Promise<void>): Promise<void> {
  const report = () => {
    const error = new Error(`the disk has not answered for ${stalledMs / 1000} s`);
    failures.note(Object.assign(error, { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(report, stalledMs).unref();
  try {
    await operation();
  } finally {
    clearTimeout(timer);
  }
}
