/** The events of some chains that a topic has. */
export type KnownEvents = {
  add(producer: string, seq: number): void;
  has(producer: string, seq: number): boolean;
};

/**
 * Creates a set of places in chains, one bit for each. `lasts` is the highest number of each producer that counts, so
 * that what is read from a topic cannot fill the memory.
 */
export function createKnownEvents(lasts: ReadonlyMap<string, number>): KnownEvents {
  const bits = new Map([...lasts].map(([producer, last]) => [producer, new Uint8Array((last >> 3) + 1)]));
  return {
    add(producer, seq) {
      const known = bits.get(producer);
      if (known && seq <= lasts.get(producer)!) known[seq >> 3]! |= 1 << (seq & 7);
    },
    has: (producer, seq) => ((bits.get(producer)?.[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0,
  };
}
