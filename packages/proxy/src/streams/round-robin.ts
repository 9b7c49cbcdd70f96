/**
 * Reorders items so that owners take turns. Where there is no room for all items, one owner cannot crowd out the
 * others.
 */
export function roundRobin<T>(items: readonly T[], ownerOf: (item: T) => string): T[] {
  const seen = new Map<string, number>();
  const rounds: T[][] = [];
  for (const item of items) {
    const owner = ownerOf(item);
    const round = seen.get(owner) ?? 0;
    seen.set(owner, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds.flat();
}
