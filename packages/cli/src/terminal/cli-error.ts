import { exitCodes, type ExitName } from './exit-codes.ts';
import { forTerminal } from './for-terminal.ts';

/** An expected failure: what went wrong, what to do about it, and the exit code. Never contains a token. */
export class CliError extends Error {
  readonly exit: ExitName;
  readonly hint: string | undefined;

  constructor(exit: ExitName, message: string, hint?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exit = exit;
    this.hint = hint;
  }
}

/** Renders a thrown value for standard error. For a bug, it shows the message but no stack. */
export function describeError(error: unknown): { text: string; code: number } {
  if (error instanceof CliError) {
    const hint = error.hint === undefined ? '' : `\n  ${forTerminal(error.hint)}`;
    return { text: `sallyport: ${forTerminal(error.message)}${hint}\n`, code: exitCodes[error.exit] };
  }
  const message = error instanceof Error ? error.message : 'unknown error';
  return {
    text: `sallyport: unexpected error: ${forTerminal(message)}\n  This is a bug. Please report it, with the command that you ran.\n`,
    code: exitCodes.failed,
  };
}
