import type { Environment } from '../environment/environment.ts';
import { jsonForTerminal } from './for-terminal.ts';

/** The formats of a command's result on standard output. Only lists have `wide`, `name` and `csv`. */
export type OutputFormat = 'text' | 'json' | 'yaml' | 'wide' | 'name' | 'csv';

/** Reports whether a format is for programs, which get the complete result and nothing else on standard output. */
export const isData = (format: OutputFormat): boolean => format === 'json' || format === 'yaml';

/** Reports whether a result is for a person at a terminal who did not ask for all of it, so that it must fit there. */
export const fitsTerminal = ({ stdout }: Pick<Environment, 'stdout'>, format: OutputFormat): boolean =>
  stdout.isTTY && format === 'text';

/** Renders a result in the given format. Calls `text` unless the format is for programs. */
export async function render(format: OutputFormat, data: unknown, text: () => string): Promise<string> {
  if (format === 'json') return `${jsonForTerminal(data, 2)}\n`;
  if (format !== 'yaml') return text();
  // The library takes a while to load.
  const { renderYaml } = await import('./render-yaml.ts');
  return renderYaml(data);
}

/** Writes a result to standard output in the given format. */
export async function writeResult(
  { stdout }: Pick<Environment, 'stdout'>,
  format: OutputFormat,
  data: unknown,
  text: () => string,
): Promise<void> {
  stdout.write(await render(format, data, text));
}
