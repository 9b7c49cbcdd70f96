import { openPastedLines } from '../login/pasted-lines.ts';
import type { World } from '../world.ts';
import { CliError } from './cli-error.ts';

/**
 * Asks the person at the terminal for a word; anything else is no. Where nobody is there to ask, `--yes` (or the option
 * of that name) must have said it.
 */
export async function confirm(
  world: World,
  question: string,
  options: { yes?: boolean; option?: string },
): Promise<void> {
  if (options.yes === true) return;
  if ((world.stdin as { isTTY?: boolean }).isTTY !== true)
    throw new CliError('usage', `${question} Nobody is here to be asked`, `Say ${options.option ?? '--yes'}.`);
  world.stderr.write(`${question} Write yes to go on: `);
  const lines = openPastedLines(world);
  // Ctrl-D is an answer, too, and not a wait for another.
  const ended = new Promise<void>((resolve) => {
    (world.stdin as Partial<NodeJS.ReadableStream>).once?.('end', resolve);
  });
  try {
    if ((await Promise.race([lines.next(), ended])) !== 'yes')
      throw new CliError('usage', 'nothing was done', 'Only "yes" goes on.');
  } finally {
    lines.close();
  }
}
