import { openPastedLines } from '../login/pasted-lines.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from './cli-error.ts';

/**
 * Asks the person at the terminal for a word; anything else is no. Where nobody is there to ask, `--yes` (or the option
 * of that name) must have said it.
 */
export async function confirm(
  environment: Environment,
  question: string,
  options: { yes?: boolean; option?: string },
): Promise<void> {
  if (options.yes === true) return;
  if ((environment.stdin as { isTTY?: boolean }).isTTY !== true)
    throw new CliError('usage', `${question} Nobody is here to be asked`, `Say ${options.option ?? '--yes'}.`);
  environment.stderr.write(`${question} Write yes to go on: `);
  const lines = openPastedLines(environment);
  // Ctrl-D is an answer, too, and not a wait for another.
  const ended = new Promise<void>((resolve) => {
    (environment.stdin as Partial<NodeJS.ReadableStream>).once?.('end', resolve);
  });
  try {
    if ((await Promise.race([lines.next(), ended])) !== 'yes')
      throw new CliError('usage', 'nothing was done', 'Only "yes" goes on.');
  } finally {
    lines.close();
  }
}
