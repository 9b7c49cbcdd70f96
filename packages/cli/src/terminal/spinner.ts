import process from 'node:process';
import type { Environment } from '../environment/environment.ts';

/** A spinner on the terminal. `stop` removes it. */
type Spinner = { stop(): void };

/** Shows a spinner on standard error, if that is a terminal. */
export async function startSpinner(environment: Environment, text: string): Promise<Spinner> {
  // A pseudo-terminal often reports a width of 0 columns. The spinner would then count lines forever.
  const wide = (process.stderr.columns ?? 0) > 0;
  if (!environment.stderr.isTTY || !process.stderr.isTTY || !wide) return { stop: () => {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  const stop = () => void spinner.stop();
  // The same happens if the terminal shrinks to nothing, or disappears, in the meantime.
  process.stderr.on('resize', () => {
    if (!((process.stderr.columns ?? 0) > 0)) stop();
  });
  process.stderr.on('error', stop);
  return { stop };
}
