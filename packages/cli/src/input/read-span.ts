import { parseDuration } from '@sallyport/contracts/text';
import { usageError } from '../terminal/cli-error.ts';

/** Reads a length of time such as `30m` or `1h30m`, in milliseconds. Throws a CliError that names the option. */
export function readSpan(text: string, option: string): number {
  const span = parseDuration(text);
  if (span === undefined)
    throw usageError(`${option}: "${text}" is not a length of time`, `Write it like ${option} 30m or ${option} 1h30m.`);
  return span;
}
