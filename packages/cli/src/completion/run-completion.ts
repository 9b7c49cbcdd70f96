import type { Environment } from '../environment/environment.ts';
import type { Command } from 'commander';
import { completeWords, type FindSource } from './complete-words.ts';
import { printCandidates } from './print-candidates.ts';
import { createValueSources } from './value-sources.ts';

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
