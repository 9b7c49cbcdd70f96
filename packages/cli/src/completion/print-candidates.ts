import { forTerminal } from '../terminal/for-terminal.ts';
import type { Candidates } from './candidate.ts';

// Shells put candidates on the command line. What a gateway sends must not become more than one word there, or a command.
const plain = /^[A-Za-z0-9@_+=:,./-]{1,300}$/;
const longestAbout = 80;

/**
 * Prints candidates for the scripts of the shells: one per line, a tab before what it is, and at the end `:files` if the
 * shell can complete files too, otherwise `:none`.
 */
export function printCandidates({ words, files }: Candidates): string {
  const lines = words
    .filter(({ value }) => plain.test(value))
    .map(({ value, about = '' }) => (about === '' ? value : `${value}\t${forTerminal(about).slice(0, longestAbout)}`));
  return [...lines, files ? ':files' : ':none', ''].join('\n');
}
