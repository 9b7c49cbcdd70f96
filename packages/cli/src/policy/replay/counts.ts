/** Counts by name. Only a limited number of names is kept, and the rest is counted together. */
export type Counts = {
  add(name: string): void;
  /** Returns the counts, the highest first. */
  list(): { name: string; count: number }[];
  /** The count of all names that were not kept. */
  readonly others: number;
};

export function createCounts(maxNames: number): Counts {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(name) {
      const before = counts.get(name);
      if (before !== undefined) counts.set(name, before + 1);
      else if (counts.size < maxNames) counts.set(name, 1);
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
