import { parseBytes } from '@sallyport/contracts/text';
import { usageError } from '../terminal/cli-error.ts';

/** Reads a size such as `256MiB`, in bytes. Throws a CliError that names the option. */
export function readSize(text: string, option: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw usageError(`${option}: "${text}" is not a size`, `Write it like ${option} 256MiB.`);
  return bytes;
}
