/** Returns what comparing a value of a document costs, in comparisons of short texts. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + (value.length >>> 6);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + weightOf(part), 1);
}
