const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Returns how far a time is from now, in words: "in 12 hours", "3 minutes ago". */
export function relativeTime(at: number, now: number): string {
  const distance = at - now;
  for (const [unit, length] of units) {
    // From one and a half on, so that 90 minutes are not called one hour.
    if (Math.abs(distance) >= length * 1.5 || (unit === 'minute' && Math.abs(distance) >= 30_000))
      return new Intl.RelativeTimeFormat('en').format(Math.round(distance / length), unit);
  }
  return distance > 0 ? 'in a few seconds' : 'a few seconds ago';
}
