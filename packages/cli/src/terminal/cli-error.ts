import { forTerminal } from './for-terminal.ts';

/** The exit codes of the program. `sallyport --help` prints them as a table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  'not-logged-in': 3,
  unreachable: 4,
  refused: 5,
  'login-failed': 6,
  'local-file': 7,
  'out-of-step': 8,
  'policy-differs': 9,
  incomplete: 10,
} as const;
export type ExitName = keyof typeof exitCodes;

/** The meaning of each code, for the help text. */
export const exitMeanings: Record<ExitName, string> = {
  ok: 'done',
  failed:
    'the command ran and the answer is no (the configuration has faults, kubectl gets no credential, can-i says no, doctor found a failure), or there is a bug',
  usage: 'the command line is wrong',
  'not-logged-in': 'you are not logged in, or your session has ended',
  unreachable: 'the gateway (or a cluster) cannot be reached, cannot be trusted, or is not ready',
  refused: 'the gateway (or a cluster) refused: this is not allowed, or does not exist',
  'login-failed': 'the login was refused or canceled, or took too long',
  'local-file': 'a local file cannot be read or written, or is locked',
  'out-of-step': 'the replicas of the gateway run different policies, or one rejects its file',
  'policy-differs':
    'a replay found a difference that you asked to fail on (policy replay --fail-on-loss, --fail-on-gain, --fail-on-inconclusive)',
  incomplete: 'the list is incomplete: a gateway did not answer, or there are too many rows for one list',
};

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

/** Returns the error for a wrong command line: what is wrong, and what to write instead. */
export const usageError = (message: string, hint: string): CliError => new CliError('usage', message, hint);

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

/** The command ran, and its answer is no. It has already printed the answer, or was told to print nothing. */
export class NegativeAnswer extends Error {
  constructor() {
    super('the answer is no');
    this.name = 'NegativeAnswer';
  }
}
