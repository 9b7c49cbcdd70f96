import { hash } from 'node:crypto';
import { fieldOf } from '../../input/untrusted.ts';

/** Which events of a trail a topic has, by their places in the chains. */
export type KnownEvents = {
  /** Notes the place of an event of the trail. Of the topic, only events at such places are remembered. */
  expect(data: unknown): void;
  /** Notes that the topic has an event. The first one counts at each place. */
  add(id: string, data: unknown): void;
  /** Returns whether the topic has an event. Of one without a place in a chain, this is not known. */
  has(id: string, data: unknown): boolean;
};

/** A forged number costs no more memory than this many places. */
const blockPlaces = 64;

/** Creates an empty set. It keeps eight bytes for each place. */
export function createKnownEvents(): KnownEvents {
  const blocks = new Map<string, Float64Array>();
  const find = (data: unknown) => {
    const part = fieldOf(data, 'sallyport');
    const [producer, seq] = [fieldOf(part, 'producer'), fieldOf(part, 'seq')];
    if (typeof producer !== 'string' || !Number.isSafeInteger(seq) || (seq as number) < 0) return undefined;
    const [block, place] = [Math.floor((seq as number) / blockPlaces), (seq as number) % blockPlaces];
    return { name: `${block} ${producer}`, place };
  };
  return {
    expect(data) {
      const { name } = find(data) ?? {};
      if (name !== undefined && !blocks.has(name)) blocks.set(name, new Float64Array(blockPlaces));
    },
    add(id, data) {
      const found = find(data);
      const marks = found && blocks.get(found.name);
      if (marks) marks[found.place] ||= markOf(id);
    },
    has(id, data) {
      const found = find(data);
      return found !== undefined && blocks.get(found.name)?.[found.place] === markOf(id);
    },
  };
}

/** Returns 48 bits of the hash of an id, but never 0. */
const markOf = (id: string): number => 1 + hash('sha256', id, 'buffer').readUIntBE(0, 6);
