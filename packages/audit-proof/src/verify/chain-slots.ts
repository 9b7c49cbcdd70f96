import type { TrailPlace } from './trail.ts';

/** How much of a hash is kept for each event: 128 bits. */
const prefixBytes = 16;
/** Events with neighboring numbers are kept together. Few, so that forged numbers that are far apart cost little. */
const chunkSize = 16;
/** Chunks share memory, which grows with their number up to so many events. */
const largestSlab = 4096;

type Slab = { hashes: Buffer; flags: Uint8Array; places: Float64Array; times: Uint32Array; used: number };
/** Events from `at` on in a slab. */
type Chunk = { slab: Slab; at: number };

function createSlab(size: number): Slab {
  return {
    hashes: Buffer.alloc(size * prefixBytes),
    flags: new Uint8Array(size),
    places: new Float64Array(size).fill(-1),
    times: new Uint32Array(size),
    used: 0,
  };
}

/** What is known about an event, as bits. */
export const slotFlags = {
  /** The event was read, and its content has its hash. */
  seen: 1,
  /** The event was not read yet, but the next one says which hash it must have. */
  expected: 2,
  /** The next event says that this one has another hash. */
  broken: 4,
  /** The event was read, but its content does not have its hash. */
  altered: 8,
  /** Only the place of the event was read, not the event. */
  kept: 16,
} as const;

/** Sources and their positions, packed into one number each. */
export type PlaceIndex = { pack(place: TrailPlace): number; unpack(packed: number): TrailPlace };

const positions = 2 ** 40;

/** Creates an index of the sources, of which there are few. */
export function createPlaceIndex(): PlaceIndex {
  const [numbers, names] = [new Map<string, number>(), [] as string[]];
  return {
    pack({ source, position }) {
      let number = numbers.get(source);
      if (number === undefined) {
        number = names.push(source) - 1;
        numbers.set(source, number);
      }
      return number * positions + position;
    },
    unpack(packed) {
      const number = Math.floor(packed / positions);
      return { source: names[number] ?? '', position: packed - number * positions };
    },
  };
}

/** The events of one producer by their numbers: 34 bytes for each, in chunks, so that a chain may begin anywhere. */
export class ChainSlots {
  readonly #chunks = new Map<number, Chunk>();
  #slab = createSlab(chunkSize);

  flags(seq: number): number {
    const chunk = this.#find(seq);
    return chunk ? chunk.slab.flags[chunk.at + (seq % chunkSize)]! : 0;
  }

  has(seq: number, flag: number): boolean {
    return (this.flags(seq) & flag) !== 0;
  }

  mark(seq: number, flag: number): void {
    const { slab, at } = this.#chunk(seq);
    slab.flags[at + (seq % chunkSize)]! |= flag;
  }

  unmark(seq: number, flag: number): void {
    const { slab, at } = this.#chunk(seq);
    slab.flags[at + (seq % chunkSize)]! &= ~flag;
  }

  /** Returns the hash that the event has, or must have. */
  hash(seq: number): string {
    const chunk = this.#find(seq);
    if (!chunk) return '';
    const start = (chunk.at + (seq % chunkSize)) * prefixBytes;
    return chunk.slab.hashes.toString('hex', start, start + prefixBytes);
  }

  setHash(seq: number, hash: string): void {
    const { slab, at } = this.#chunk(seq);
    slab.hashes.write(hash, (at + (seq % chunkSize)) * prefixBytes, prefixBytes, 'hex');
  }

  place(seq: number): number {
    const chunk = this.#find(seq);
    return chunk ? chunk.slab.places[chunk.at + (seq % chunkSize)]! : -1;
  }

  setPlace(seq: number, packed: number): void {
    const { slab, at } = this.#chunk(seq);
    slab.places[at + (seq % chunkSize)] = packed;
  }

  /** Returns when the event happened, in milliseconds since the epoch but exact to the second; undefined if unknown. */
  time(seq: number): number | undefined {
    const chunk = this.#find(seq);
    const seconds = chunk ? chunk.slab.times[chunk.at + (seq % chunkSize)]! : 0;
    return seconds === 0 ? undefined : seconds * 1000;
  }

  setTime(seq: number, ms: number): void {
    if (!Number.isFinite(ms)) return;
    const { slab, at } = this.#chunk(seq);
    slab.times[at + (seq % chunkSize)] = Math.min(Math.max(ms / 1000, 1), 2 ** 32 - 1);
  }

  /** Returns the ranges from `from` to `to`, both inclusive, in which no event was read. */
  gaps(from: number, to: number): { from: number; to: number }[] {
    const gaps: { from: number; to: number }[] = [];
    const present = slotFlags.seen | slotFlags.altered;
    // Only the chunks that exist, because a forged number must not make this take long.
    const [first, last] = [Math.floor(from / chunkSize), Math.floor(to / chunkSize)];
    const numbers = Float64Array.from(
      [...this.#chunks.keys()].filter((number) => number >= first && number <= last),
    ).sort();
    let next = from;
    for (const number of numbers) {
      const end = Math.min(to, (number + 1) * chunkSize - 1);
      for (let seq = Math.max(from, number * chunkSize); seq <= end; seq += 1) {
        if (!this.has(seq, present)) continue;
        if (seq > next) gaps.push({ from: next, to: seq - 1 });
        next = seq + 1;
      }
    }
    if (next <= to) gaps.push({ from: next, to });
    return gaps;
  }

  #find(seq: number): Chunk | undefined {
    return this.#chunks.get(Math.floor(seq / chunkSize));
  }

  #chunk(seq: number): Chunk {
    const known = this.#find(seq);
    if (known) return known;
    const size = this.#slab.flags.length;
    if (this.#slab.used === size) this.#slab = createSlab(Math.min(largestSlab, 2 * size));
    const made = { slab: this.#slab, at: this.#slab.used };
    this.#slab.used += chunkSize;
    this.#chunks.set(Math.floor(seq / chunkSize), made);
    return made;
  }
}

/** Returns the part of a hash that slots keep. */
export const prefixOf = (hash: string): string => hash.slice(0, 2 * prefixBytes);
