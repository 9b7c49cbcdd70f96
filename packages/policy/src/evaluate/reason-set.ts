import { reasons, type Reason } from '../language/reasons.ts';

const listCacheSize = 4096;
const lists = new Map<number, Map<number, Map<number, readonly Reason[]>>>();
let cached = 0;

function hasBit(words: readonly number[], id: number): boolean {
  return ((words[Math.floor(id / 31)] ?? 0) & (1 << (id % 31))) !== 0;
}

function buildList(words: readonly number[]): readonly Reason[] {
  return Object.freeze(reasons.filter((_reason, index) => hasBit(words, index)).sort());
}

/** Returns the same frozen, sorted array for the same set. The number of kept arrays is bounded. */
function listOf(a: number, b: number, c: number): readonly Reason[] {
  const known = lists.get(a)?.get(b)?.get(c);
  if (known) return known;
  if (cached >= listCacheSize) {
    lists.clear();
    cached = 0;
  }
  const built = buildList([a, b, c]);
  const second = lists.get(a) ?? new Map<number, Map<number, readonly Reason[]>>();
  lists.set(a, second);
  const third = second.get(b) ?? new Map<number, readonly Reason[]>();
  second.set(b, third);
  third.set(c, built);
  cached += 1;
  return built;
}

/**
 * A set of reasons as three words of 31 bits, which are small integers and therefore never boxed. Reused by
 * evaluations.
 */
export class ReasonSet {
  #a = 0;
  #b = 0;
  #c = 0;

  clear(): void {
    this.#a = 0;
    this.#b = 0;
    this.#c = 0;
  }

  /** Adds the reason with this ID, from 1. */
  add(id: number): void {
    const bit = id - 1;
    if (bit < 31) this.#a |= 1 << bit;
    else if (bit < 62) this.#b |= 1 << (bit - 31);
    else this.#c |= 1 << (bit - 62);
  }

  addAll(other: ReasonSet): void {
    this.#a |= other.#a;
    this.#b |= other.#b;
    this.#c |= other.#c;
  }

  has(id: number): boolean {
    const bit = id - 1;
    const word = bit < 31 ? this.#a : bit < 62 ? this.#b : this.#c;
    return (word & (1 << (bit % 31))) !== 0;
  }

  /** Returns the reasons in alphabetical order, in a frozen, shared array. */
  list(): readonly Reason[] {
    return listOf(this.#a, this.#b, this.#c);
  }
}
