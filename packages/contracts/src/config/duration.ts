import * as z from 'zod/mini';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `30s`, `12h` or `1h30m`; parsed to milliseconds. */
export const durationSchema = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)];
    const length = parts.reduce((sum, part) => sum + part[0].length, 0);
    if (parts.length === 0 || length !== text.length) {
      context.issues.push({
        code: 'custom',
        message: 'not a duration; write it like 30s, 5m, 12h or 1h30m',
        input: text,
      });
      return z.NEVER;
    }
    return parts.reduce((sum, part) => sum + Number(part[1]) * unitMs[part[2]!]!, 0);
  }),
);

const unitBytes: Record<string, number> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
};

/** A size such as `8MiB` or `1GiB`; parsed to bytes. */
export const sizeSchema = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((value, context) => {
    const match = /^(\d+)(KiB|MiB|GiB|KB|MB|GB)?$/.exec(String(value));
    if (!match) {
      context.issues.push({ code: 'custom', message: 'not a size; write it like 512KiB, 8MiB or 1GiB', input: value });
      return z.NEVER;
    }
    return Number(match[1]) * unitBytes[match[2] ?? '']!;
  }),
);

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** Formats a duration, to the second, as `durationSchema` and the command line read it: `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts = units.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
