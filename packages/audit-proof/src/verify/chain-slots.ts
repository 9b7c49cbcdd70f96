import type { TrailPlace } from './trail.ts';

/** How much of a hash is kept for each event: 128 bits. */
const prefixBytes = 16;
const chunkSize = 256;

type Chunk = { hashes: Buffer; flags: Uint8Array; places: Float64Array; times: Uint32Array };

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

/** The events of one producer by their numbers: 29 bytes for each, in chunks, so that a chain may begin anywhere. */
export class ChainSlots {
  readonly #chunks = new Map<number, Chunk>();

  flags(seq: number): number {
    return this.#chunks.get(Math.floor(seq / chunkSize))?.flags[seq % chunkSize] ?? 0;
  }

  has(seq: number, flag: number): boolean {
    return (this.flags(seq) & flag) !== 0;
  }

  mark(seq: number, flag: number): void {
    const chunk = this.#chunk(seq);
    chunk.flags[seq % chunkSize]! |= flag;
  }

  /** Returns the hash that the event has, or must have. */
  hash(seq: number): string {
    const at = (seq % chunkSize) * prefixBytes;
    return this.#chunks.get(Math.floor(seq / chunkSize))?.hashes.toString('hex', at, at + prefixBytes) ?? '';
  }

  setHash(seq: number, hash: string): void {
    this.#chunk(seq).hashes.write(hash, (seq % chunkSize) * prefixBytes, prefixBytes, 'hex');
  }

  place(seq: number): number {
    return this.#chunks.get(Math.floor(seq / chunkSize))?.places[seq % chunkSize] ?? -1;
  }

  setPlace(seq: number, packed: number): void {
    this.#chunk(seq).places[seq % chunkSize] = packed;
  }

  /** Returns when the event happened, in milliseconds since the epoch but exact to the second; undefined if unknown. */
  time(seq: number): number | undefined {
    const seconds = this.#chunks.get(Math.floor(seq / chunkSize))?.times[seq % chunkSize] ?? 0;
    return seconds === 0 ? undefined : seconds * 1000;
  }

  setTime(seq: number, ms: number): void {
    if (Number.isFinite(ms)) this.#chunk(seq).times[seq % chunkSize] = Math.min(Math.max(ms / 1000, 1), 2 ** 32 - 1);
  }

  /** Returns the ranges from `from` to `to`, both inclusive, in which no event was read. */
  gaps(from: number, to: number): { from: number; to: number }[] {
    const gaps: { from: number; to: number }[] = [];
    let begun: number | undefined;
    const present = slotFlags.seen | slotFlags.altered;
    for (let seq = from; seq <= to; seq += 1) {
      if (this.has(seq, present)) {
        if (begun !== undefined) gaps.push({ from: begun, to: seq - 1 });
        begun = undefined;
        continue;
      }
      begun ??= seq;
      // A forged number must not make this loop long: go to the next chunk that exists.
      if (!this.#chunks.has(Math.floor(seq / chunkSize))) seq = Math.min(to, this.#nextChunk(seq) - 1);
    }
    if (begun !== undefined) gaps.push({ from: begun, to });
    return gaps;
  }

  #nextChunk(seq: number): number {
    const here = Math.floor(seq / chunkSize);
    if (this.#chunks.has(here + 1)) return (here + 1) * chunkSize;
    let next = Infinity;
    for (const index of this.#chunks.keys()) if (index > here && index < next) next = index;
    return next * chunkSize;
  }

  #chunk(seq: number): Chunk {
    const index = Math.floor(seq / chunkSize);
    const known = this.#chunks.get(index);
    if (known) return known;
    const made = {
      hashes: Buffer.alloc(chunkSize * prefixBytes),
      flags: new Uint8Array(chunkSize),
      places: new Float64Array(chunkSize).fill(-1),
      times: new Uint32Array(chunkSize),
    };
    this.#chunks.set(index, made);
    return made;
  }
}

/** Returns the part of a hash that slots keep. */
export const prefixOf = (hash: string): string => hash.slice(0, 2 * prefixBytes);
