import type { Environment } from '../environment/environment.ts';
import { CliError } from './cli-error.ts';
import { forTerminal } from './for-terminal.ts';

const pauseMs = 2000;
/** Clears a terminal (ECMA-48): the cursor to the top, and everything after it erased. */
const clear = '\u001b[H\u001b[J';

/**
 * Shows what a command prints, and shows it again whenever it has changed, until the program is interrupted. A terminal
 * is cleared first. Elsewhere, every state follows the one before it. A gateway that cannot be reached after the first
 * time is said once, and asked again.
 */
export async function watchList(
  environment: Environment,
  show: (environment: Environment) => Promise<void>,
): Promise<void> {
  const { stdout, stderr } = environment;
  let before: string | undefined;
  let isLost = false;
  for (;;) {
    let text = '';
    const kept = { write: (more: string) => void (text += more) };
    // Not copied by a spread, which would open standard input.
    const once = Object.create(environment, {
      stdout: { value: Object.create(stdout, { write: { value: kept.write } }) },
      stderr: { value: Object.create(stderr, { write: { value: kept.write } }) },
    }) as Environment;
    try {
      await show(once);
      isLost = false;
      if (text !== before) stdout.write(stdout.isTTY ? `${clear}${text}` : text);
      before = text;
    } catch (error) {
      if (before === undefined || !(error instanceof CliError) || error.exit !== 'unreachable') throw error;
      if (!isLost) stderr.write(`${forTerminal(error.message)}. Retrying.\n`);
      isLost = true;
    }
    await environment.sleep(pauseMs);
  }
}
