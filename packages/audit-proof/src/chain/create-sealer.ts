import { randomBytes } from 'node:crypto';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { JsonBytes } from '../canonical/json-bytes.ts';
import { firstPrevHash, hashAndEncode } from './hash-event.ts';

export type SealerDeps = {
  /** Identifies this chain, for example `proxy/web-1-5f0c6a1e`. No two processes may use it at once. */
  producer: string;
  /** The last event of this producer, if it continues its chain. */
  head?: Pick<ChainHead, 'seq' | 'hash'>;
};

/** Where an event is in its chain, but for its hash. */
export type ChainPlace = { producer: string; seq: number; prevHash: string };

/** An event that can write its data, which takes less time than writing it from an object. */
export type WritesItself = {
  /**
   * Writes the RFC 8785 form of the data with this place in it, but without its hash, and returns where the hash goes: as
   * `"hash":"…",` with the comma. Returns undefined, and writes nothing, if the object must be written.
   */
  writeUnhashed(target: JsonBytes, place: ChainPlace): number | undefined;
  /** Called when the event has its place. From then on its data contains it. */
  placed(place: ChainPlace & { hash: string }): void;
};

/** Gives events their place in the chain of one producer. */
export type Sealer = {
  readonly producer: string;
  /** The last event, or undefined before the first. */
  readonly head: Pick<ChainHead, 'seq' | 'hash'> | undefined;
  /**
   * Sets `producer`, `seq`, `prevHash` and `hash` in the event, and returns its data in the RFC 8785 form, as the bytes
   * that go on the wire. They are valid until the next event is sealed anywhere in this process. Throws without any
   * change to the chain if the event is not JSON.
   */
  seal(record: AuditRecord & Partial<WritesItself>): Buffer;
};

/**
 * Creates the chain of a producer. Events must be sealed in the order in which they are sent, and an event that is sealed
 * and then not sent is a visible gap.
 */
export function createSealer(deps: SealerDeps): Sealer {
  const { producer } = deps;
  // Stands for the hash until it is known. Nothing that a client sends can contain it.
  const placeholder = randomBytes(32).toString('hex');
  const member = `"hash":"${placeholder}",`;
  let [seq, last] = [deps.head?.seq ?? 0, deps.head?.hash ?? firstPrevHash];
  const write = (target: JsonBytes, { data }: AuditRecord, place: ChainPlace): number => {
    Object.assign(data.sallyport, place, { hash: placeholder });
    const text = canonicalJson(data);
    // `producer` sorts after `hash`, so a comma always follows.
    const at = text.indexOf(member);
    target.raw(text.slice(0, at));
    const hashAt = target.length;
    target.raw(text.slice(at + member.length));
    return hashAt;
  };
  return {
    producer,
    get head() {
      return seq === 0 ? undefined : { seq, hash: last };
    },
    seal(record) {
      const place = { producer, seq: seq + 1, prevHash: last };
      const { hash, bytes } = hashAndEncode(
        last,
        record,
        (target) => record.writeUnhashed?.(target, place) ?? write(target, record, place),
      );
      if (record.placed) record.placed({ ...place, hash });
      else record.data.sallyport.hash = hash;
      [seq, last] = [seq + 1, hash];
      return bytes;
    },
  };
}
