const units: readonly [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** Formats a length of time with its two largest units, such as `2h5m` or `45s`, and milliseconds below a second. */
export function readableSpan(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const largest = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[largest]!;
  const next = units[largest + 1];
  if (next === undefined)
    return `${ms < 10_000 ? (Math.floor(ms / 100) / 10).toString() : Math.floor(ms / size)}${unit}`;
  const rest = Math.floor((ms % size) / next[1]);
  return `${Math.floor(ms / size)}${unit}${rest === 0 ? '' : `${rest}${next[0]}`}`;
}
