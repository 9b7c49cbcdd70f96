import type { Command } from 'commander';
import { readWords } from '../completion/read-words.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { commandPath } from './command-path.ts';
import { suggestCommand } from './suggest-command.ts';
import { suggestOption } from './suggest-option.ts';

/** An error of the command parser. */
export type UsageError = { code: string; exitCode: number; message: string };

/** Returns the word in quotes in the message of the parser. */
const quoted = (message: string) => /'(.*)'/s.exec(message)?.[1] ?? '';

/** Describes a wrong command line: what is wrong, what was probably meant, and where the help is. */
export function describeUsageError(program: Command, args: readonly string[], { code, message }: UsageError): string {
  const { command } = readWords(program, args);
  const suggestion =
    code === 'commander.unknownCommand'
      ? suggestCommand(command, quoted(message))
      : code === 'commander.unknownOption'
        ? suggestOption(command, quoted(message))
        : undefined;
  const what = message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    // The value of an unknown option may be a secret, and the output of a pipeline is not.
    .replace(/^(unknown option '[^=]*)=.*'$/s, "$1'");
  const help = `To see what it takes, run: ${commandPath(command)} --help`;
  return `${[`sallyport: ${what}`, ...(suggestion === undefined ? [] : [`  ${suggestion}`]), `  ${help}`].map(forTerminal).join('\n')}\n`;
}
