import type { World } from '../world.ts';

/** Something long that the person waits for; `stop` clears its sign from the terminal. */
export type Waiting = { stop(): void };

/** Shows a spinner while something is awaited: only on a terminal, only on standard error. */
export async function waiting(world: World, text: string): Promise<Waiting> {
  if (!world.stderr.isTTY) return { stop: () => {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ text, stream: process.stderr, discardStdin: false, isSilent: !process.stderr.isTTY }).start();
  return { stop: () => void spinner.stop() };
}
