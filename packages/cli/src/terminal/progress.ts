import type { Environment } from '../environment/environment.ts';

const quietMs = 2000;
const everyMs = 250;

/** Shows the progress of anything that takes longer than two seconds. Prints nothing unless there is a terminal. */
type Progress = { tell(words: () => string): void; end(): void };

export function createProgress(environment: Pick<Environment, 'stderr' | 'now'>): Progress {
  const startedAt = environment.now();
  let toldAt = startedAt;
  let width = 0;
  const show = (words: string) => {
    environment.stderr.write(`\r${words.padEnd(width)}`);
    width = words.length;
  };
  return {
    tell(words) {
      const now = environment.now();
      if (!environment.stderr.isTTY || now - startedAt < quietMs || now - toldAt < everyMs) return;
      toldAt = now;
      show(words());
    },
    end() {
      if (width === 0) return;
      show('');
      environment.stderr.write('\r');
    },
  };
}
