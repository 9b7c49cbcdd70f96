import { usageError } from '../terminal/cli-error.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a length of time such as `30m` or `1h30m`, in milliseconds. Throws a CliError that names the option. */
export function readSpan(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/gy)];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  if (parts.length === 0 || length !== text.length)
    throw usageError(`${option}: "${text}" is not a length of time`, `Write it like ${option} 30m or ${option} 1h30m.`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}
