import type { World } from '../../world.ts';

const quietMs = 2000;
const everyMs = 250;

/** Tells on a terminal how far something is that takes longer than two seconds; elsewhere it says nothing. */
export type Progress = { tell(words: () => string): void; end(): void };

export function createProgress(world: Pick<World, 'stderr' | 'now'>): Progress {
  const startedAt = world.now();
  let toldAt = startedAt;
  let width = 0;
  const show = (words: string) => {
    world.stderr.write(`\r${words.padEnd(width)}`);
    width = words.length;
  };
  return {
    tell(words) {
      const now = world.now();
      if (!world.stderr.isTTY || now - startedAt < quietMs || now - toldAt < everyMs) return;
      toldAt = now;
      show(words());
    },
    end() {
      if (width === 0) return;
      show('');
      world.stderr.write('\r');
    },
  };
}
