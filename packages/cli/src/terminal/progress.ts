import type { Environment } from '../environment/environment.ts';
import process from 'node:process';

const quietMs = 2000;
const everyMs = 250;

/** Shows the progress of anything that takes longer than two seconds. Prints nothing unless there is a terminal. */
export function createProgress(environment: Pick<Environment, 'stderr' | 'now'>) {
  const startedAt = environment.now();
  let toldAt = startedAt;
  let width = 0;
  const show = (words: string) => {
    environment.stderr.write(`\r${words.padEnd(width)}`);
    width = words.length;
  };
  return {
    tell(words: () => string): void {
      const now = environment.now();
      if (!environment.stderr.isTTY || now - startedAt < quietMs || now - toldAt < everyMs) return;
      toldAt = now;
      show(words());
    },
    end(): void {
      if (width === 0) return;
      show('');
      environment.stderr.write('\r');
    },
  };
}

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
