import { usageError } from '../terminal/cli-error.ts';

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Reads a size such as `256MiB`, in bytes. Throws a CliError that names the option. */
export function readSize(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,9})(KiB|MiB|GiB)$/.exec(text) ?? [];
  if (count === undefined) throw usageError(`${option}: "${text}" is not a size`, `Write it like ${option} 256MiB.`);
  return Number(count) * units[unit!]!;
}
