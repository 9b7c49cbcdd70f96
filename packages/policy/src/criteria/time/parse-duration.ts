const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration such as `30s`, `15m` or `1h30m`, as in sallyport.yaml, to milliseconds. Returns undefined for
 * anything else.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !/^(?:\d{1,9}(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!,
    0,
  );
}
