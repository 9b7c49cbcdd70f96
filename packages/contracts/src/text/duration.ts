/** Lengths of time in milliseconds. A day has 24 hours. */
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs };
const longest = 64;
const duration = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d))+$/;

/** The form of a duration, as JSON Schema has patterns. */
export const durationPattern = duration.source.replaceAll('\\d', '[0-9]').replaceAll('?:', '');

/**
 * Parses a duration such as `30s`, `12h`, `1h30m` or `1.5h` to whole milliseconds. Returns undefined for anything else.
 * Everything that people write has this form: `sallyport.yaml`, policies, options of commands, and forms.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > longest || !duration.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)];
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0));
}

const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['m', minuteMs],
  ['s', secondMs],
] as const;

/** Formats a duration in whole seconds, as `parseDuration` reads it: `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts = units.map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
