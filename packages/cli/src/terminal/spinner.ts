import process from 'node:process';
import type { Environment } from '../environment/environment.ts';

/** Something long that the person waits for; `stop` clears its sign from the terminal. */
export type Spinner = { stop(): void };

/** Shows a spinner while something is awaited: only on a terminal, only on standard error. */
export async function startSpinner(environment: Environment, text: string): Promise<Spinner> {
  // A terminal may say that it is 0 columns wide (one made by a program often does): the spinner would then count lines
  // for ever.
  const wide = (process.stderr.columns ?? 0) > 0;
  if (!environment.stderr.isTTY || !process.stderr.isTTY || !wide) return { stop: () => {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  const stop = () => void spinner.stop();
  // The same for a terminal that shrinks to nothing, or goes away, while one waits.
  process.stderr.on('resize', () => {
    if (!((process.stderr.columns ?? 0) > 0)) stop();
  });
  process.stderr.on('error', stop);
  return { stop };
}
