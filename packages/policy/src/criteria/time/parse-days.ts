const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Returns the number of a day (0 is Sunday) from its English name or its first three letters, in any case; otherwise
 * -1.
 */
function dayOf(text: string): number {
  const day = text.trim().toLowerCase();
  return names.findIndex((name) => name === day || name.slice(0, 3) === day);
}

/**
 * Parses `*`, `sat,sun`, `mon-fri` or a combination to seven flags, Sunday first. Returns undefined for anything else.
 * A range can span the weekend.
 */
export function parseDays(text: string): readonly boolean[] | undefined {
  if (text.length > 256) return undefined;
  if (text.trim() === '*') return names.map(() => true);
  const days = names.map(() => false);
  for (const part of text.split(',')) {
    const ends = part.split('-').map(dayOf);
    if (ends.length > 2 || ends.includes(-1)) return undefined;
    const [first, last] = [ends[0]!, ends.at(-1)!];
    for (let day = first; ; day = (day + 1) % 7) {
      days[day] = true;
      if (day === last) break;
    }
  }
  return days;
}
