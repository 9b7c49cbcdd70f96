import { createHash, randomBytes } from 'node:crypto';

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Maps audit IDs to rows 0, 1, 2 … of a table, in 16 bytes each whatever their length. */
export type IdTable = {
  readonly size: number;
  /** Returns the row of an id, or -1. */
  rowOf(id: string): number;
  /** Adds an id that is not in the table, and returns its row. */
  add(id: string): number;
  idOf(row: number): string;
};

const hex = (text: string, from: number, to: number) => Number.parseInt(text.slice(from, to), 16);

/**
 * Writes an id as four words. An id that is not a UUID as the gateway writes it becomes a hash, so that no other spelling
 * of an id equals it.
 */
function toWords(id: string, words: Uint32Array): void {
  const plain = canonical.test(id) ? id.replaceAll('-', '') : createHash('sha256').update(id).digest('hex');
  for (let word = 0; word < 4; word += 1) words[word] = hex(plain, word * 8, word * 8 + 8);
}

/** Creates an empty table. The seed keeps clients, who choose ids, from filling one place of it. */
export function createIdTable(seed: Uint32Array = new Uint32Array(randomBytes(16).buffer.slice(0, 16))): IdTable {
  let slots = new Int32Array(1024);
  let ids = new Uint32Array(4 * 512);
  let size = 0;
  const words = new Uint32Array(4);

  const slotOf = (given: Uint32Array, from: number): number => {
    let mixed = 0;
    for (let word = 0; word < 4; word += 1) {
      mixed = Math.imul(mixed ^ given[from + word]! ^ seed[word]!, 0x85ebca6b);
      mixed ^= mixed >>> 13;
      mixed = Math.imul(mixed, 0xc2b2ae35);
      mixed ^= mixed >>> 16;
    }
    return (mixed >>> 0) & (slots.length - 1);
  };
  const equals = (row: number) => {
    const from = row * 4;
    return (
      ids[from] === words[0] && ids[from + 1] === words[1] && ids[from + 2] === words[2] && ids[from + 3] === words[3]
    );
  };
  const place = (row: number) => {
    let slot = slotOf(ids, row * 4);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = row + 1;
  };
  const grow = () => {
    slots = new Int32Array(slots.length * 2);
    const wider = new Uint32Array(ids.length * 2);
    wider.set(ids);
    ids = wider;
    for (let row = 0; row < size; row += 1) place(row);
  };
  return {
    get size() {
      return size;
    },
    rowOf(id) {
      toWords(id, words);
      for (let slot = slotOf(words, 0); slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1))
        if (equals(slots[slot]! - 1)) return slots[slot]! - 1;
      return -1;
    },
    add(id) {
      if (size * 2 >= slots.length) grow();
      toWords(id, words);
      ids.set(words, size * 4);
      place(size);
      size += 1;
      return size - 1;
    },
    idOf(row) {
      const text = Array.from(ids.subarray(row * 4, row * 4 + 4), (word) => word.toString(16).padStart(8, '0')).join(
        '',
      );
      return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  };
}
