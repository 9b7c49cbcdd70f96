/**
 * The same things in an order in which each owner has a turn after the other: where there is no room for all, one owner
 * cannot take it from the others.
 */
export function inTurns<T>(things: readonly T[], ownerOf: (thing: T) => string): T[] {
  const seen = new Map<string, number>();
  const turns: T[][] = [];
  for (const thing of things) {
    const owner = ownerOf(thing);
    const turn = seen.get(owner) ?? 0;
    seen.set(owner, turn + 1);
    (turns[turn] ??= []).push(thing);
  }
  return turns.flat();
}
