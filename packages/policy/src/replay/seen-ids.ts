const firstSlots = 1 << 16;
const maxSlots = 1 << 24;

/**
 * Returns two hashes of 32 bits (FNV-1a with different bases). Among ten million ids, the chance that two of them
 * collide is about one in 400,000.
 */
function hash(id: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
    b ^= b >>> 15;
  }
  a ^= a >>> 16;
  // Zero marks an empty slot.
  return [a >>> 0 || 1, b >>> 0];
}

type Table = { a: Uint32Array; b: Uint32Array; mask: number; used: number };
const createTable = (slots: number): Table => ({
  a: new Uint32Array(slots),
  b: new Uint32Array(slots),
  mask: slots - 1,
  used: 0,
});

function find({ a, b, mask }: Table, [first, second]: [number, number]): { slot: number; there: boolean } {
  for (let slot = second & mask; ; slot = (slot + 1) & mask) {
    if (a[slot] === 0) return { slot, there: false };
    if (a[slot] === first && b[slot] === second) return { slot, there: true };
  }
}

function put(table: Table, slot: number, [first, second]: [number, number]): void {
  table.a[slot] = first;
  table.b[slot] = second;
  table.used += 1;
}

function grow(table: Table): Table {
  const larger = createTable((table.mask + 1) * 2);
  for (let slot = 0; slot <= table.mask; slot += 1) {
    const key: [number, number] = [table.a[slot]!, table.b[slot]!];
    if (key[0] !== 0) put(larger, find(larger, key).slot, key);
  }
  return larger;
}

/**
 * Creates a memory of ids. It takes 16 bytes per id, and at most 256 MiB (about twelve million ids). Then it forgets
 * the older half.
 */
export function createSeenIds(options: { maxSlots?: number } = {}) {
  const limit = options.maxSlots ?? maxSlots;
  let table = createTable(Math.min(firstSlots, limit));
  let older: Table | undefined;
  return {
    /** Reports whether this is the first time that the id occurs. */
    isNew(id: string): boolean {
      const key = hash(id);
      const { slot, there } = find(table, key);
      if (there || (older && find(older, key).there)) return false;
      put(table, slot, key);
      if (table.used > table.mask * 0.7) {
        if (table.mask + 1 < limit) table = grow(table);
        else [older, table] = [table, createTable(Math.min(firstSlots, limit))];
      }
      return true;
    },
    /** True if there were more ids than can be remembered. Then an id that occurs again much later counts as new. */
    get forgetful() {
      return older !== undefined;
    },
  };
}
