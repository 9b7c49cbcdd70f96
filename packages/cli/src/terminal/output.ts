import { jsonForTerminal } from './for-terminal.ts';

/** The formats of a command's result on standard output. */
export type OutputFormat = 'text' | 'json';

/** Renders a result in the given format. Calls `text` only if that is the format. */
export function render(format: OutputFormat, data: unknown, text: () => string): string {
  return format === 'json' ? `${jsonForTerminal(data, 2)}\n` : text();
}
