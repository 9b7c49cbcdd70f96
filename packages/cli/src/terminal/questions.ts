import type { Environment } from '../environment/environment.ts';
import { usageError } from './cli-error.ts';
import { forTerminal } from './for-terminal.ts';
import { openPastedLines } from './pasted-lines.ts';

/** Questions to the user at the terminal. */
export type Questions = {
  /**
   * Asks for a value. `choices` are shown, and only one of them is an answer. An empty line takes `usual`, if there is
   * one. Throws a usage error at the end of the input.
   */
  ask(what: string, options?: { choices?: readonly string[]; usual?: string }): Promise<string>;
  close(): void;
};

/** Reports whether a user can be asked: both what they read and what they type is a terminal. */
export const canAsk = ({ stdin, stderr }: Pick<Environment, 'stdin' | 'stderr'>): boolean =>
  stderr.isTTY && (stdin as { isTTY?: boolean }).isTTY === true;

/** Opens the terminal for questions, which are written to standard error. Close it, so that the program can end. */
export function openQuestions(environment: Pick<Environment, 'stdin' | 'stderr'>): Questions {
  const { stdin, stderr } = environment;
  const lines = openPastedLines(environment, { empty: true });
  // Ctrl-D counts as an answer: nothing is done.
  const ended = new Promise<undefined>((resolve) => {
    (stdin as Partial<NodeJS.ReadableStream>).once?.('end', () => resolve(undefined));
  });
  return {
    async ask(what, { choices, usual } = {}) {
      const shown = choices === undefined ? '' : ` (${choices.map(forTerminal).join(', ')})`;
      const preset = usual === undefined ? '' : ` [${forTerminal(usual)}]`;
      for (;;) {
        stderr.write(`${what}${shown}${preset}: `);
        const line = await Promise.race([lines.next(), ended]);
        if (line === undefined) throw usageError('nothing was done', 'To continue, answer the question.');
        const answer = line === '' ? usual : line;
        if (answer !== undefined && (choices === undefined || choices.includes(answer))) return answer;
      }
    },
    close: lines.close,
  };
}
