const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * The number of a day (0 is Sunday) by its English name or the first three letters of it, in any case; -1 if it is
 * none.
 */
function dayOf(text: string): number {
  const day = text.trim().toLowerCase();
  return names.findIndex((name) => name === day || name.slice(0, 3) === day);
}

/**
 * The days of the week (seven flags, Sunday first) of `*`, `sat,sun`, `mon-fri` or a mixture; undefined if the text is
 * none of these. A range may run over the weekend.
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
