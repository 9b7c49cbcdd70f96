const full = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;
const half = /^(\d{1,2})(?::(\d{2}))? ?([AP]M)$/i;

/**
 * Parses `15:04`, `15:04:05`, `15:04:05.999`, `3:04 PM` or `3PM` to milliseconds since midnight. Returns undefined for
 * anything else.
 */
export function parseTimeOfDay(text: string): number | undefined {
  const twelve = half.exec(text);
  if (twelve) {
    const [hour, minute] = [Number(twelve[1]), Number(twelve[2] ?? 0)];
    if (hour < 1 || hour > 12 || minute > 59) return undefined;
    return ((hour % 12) + (twelve[3]!.toUpperCase() === 'PM' ? 12 : 0)) * 3_600_000 + minute * 60_000;
  }
  const parts = full.exec(text);
  if (!parts) return undefined;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * 3_600_000 + minute * 60_000 + second * 1000 + Number(`0.${parts[4] ?? 0}`) * 1000;
}
