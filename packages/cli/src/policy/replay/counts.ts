/** Counts by name, of which only so many are kept apart; the rest are counted together. */
export type Counts = {
  add(name: string): void;
  /** The most frequent first. */
  list(): { name: string; count: number }[];
  /** How often came what was not kept apart. */
  readonly others: number;
};

export function createCounts(most: number): Counts {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(name) {
      const before = counts.get(name);
      if (before !== undefined) counts.set(name, before + 1);
      else if (counts.size < most) counts.set(name, 1);
      else others += 1;
    },
    list: () =>
      [...counts]
        .map(([name, count]) => ({ name, count }))
        .toSorted((x, y) => y.count - x.count || (x.name < y.name ? -1 : 1)),
    get others() {
      return others;
    },
  };
}
