import { openPastedLines } from './pasted-lines.ts';
import type { Environment } from '../environment/environment.ts';
import { usageError } from './cli-error.ts';

/**
 * Asks the user to type `yes`. Every other answer means no. Without a terminal, the user must have given `--yes`.
 */
export async function confirm(environment: Environment, question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes === true) return;
  if ((environment.stdin as { isTTY?: boolean }).isTTY !== true)
    throw usageError(`${question} There is no terminal to ask on`, 'To confirm, add --yes.');
  environment.stderr.write(`${question} Type yes to continue: `);
  const lines = openPastedLines(environment);
  // Ctrl-D counts as an answer.
  const ended = new Promise<void>((resolve) => {
    (environment.stdin as Partial<NodeJS.ReadableStream>).once?.('end', resolve);
  });
  try {
    if ((await Promise.race([lines.next(), ended])) !== 'yes')
      throw usageError('nothing was done', 'To continue, answer "yes".');
  } finally {
    lines.close();
  }
}
