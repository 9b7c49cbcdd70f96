import type { Environment } from '../environment/environment.ts';
import type { Command } from 'commander';
import { completeWords, type FindSource, type Candidates } from './complete-words.ts';
import { createValueSources } from './value-sources.ts';
import { forTerminal } from '../terminal/for-terminal.ts';

// Shells put candidates on the command line. What a gateway sends must not become more than one word there, or a command.
const plain = /^[A-Za-z0-9@_+=:,./-]{1,300}$/;
const longestAbout = 80;

/**
 * Prints candidates for the scripts of the shells: one per line, a tab before what it is, and at the end `:files` if the
 * shell can complete files too, otherwise `:none`.
 */
function printCandidates({ words, files }: Candidates): string {
  const lines = words
    .filter(({ value }) => plain.test(value))
    .map(({ value, about = '' }) => (about === '' ? value : `${value}\t${forTerminal(about).slice(0, longestAbout)}`));
  return [...lines, files ? ':files' : ':none', ''].join('\n');
}

/** The whole of it takes no longer than this, whatever the gateway and the network do. */
const longestMs = 1000;

/**
 * `sallyport __complete [--empty] -- WORD...`: prints what the last word can become. The scripts of the shells call it.
 * `--empty` stands for a last word that is empty, which PowerShell cannot pass. Says nothing on standard error and never
 * fails, because the user is in the middle of a line.
 */
export async function runCompletion(
  program: Command,
  args: readonly string[],
  environment: Environment,
): Promise<void> {
  const separator = args.indexOf('--');
  const words = [...args.slice(separator + 1), ...(args.slice(0, separator).includes('--empty') ? [''] : [])];
  const sources = createValueSources(environment);
  // A value that cannot be found must not hide the words that are known without it.
  const quietly: FindSource = (name) => {
    const source = sources(name);
    return (
      source && ((place) => Promise.race([source(place).catch(() => []), environment.sleep(longestMs).then(() => [])]))
    );
  };
  environment.stdout.write(printCandidates(await completeWords(program, words, quietly)));
}
