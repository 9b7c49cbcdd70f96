import { jsonForTerminal } from './for-terminal.ts';

/** Forms of a command's answer on standard output. */
export type OutputFormat = 'text' | 'json';

/** Renders an answer in the form asked for; `text` is only made when it is wanted. */
export function render(format: OutputFormat, data: unknown, text: () => string): string {
  return format === 'json' ? `${jsonForTerminal(data, 2)}\n` : text();
}
