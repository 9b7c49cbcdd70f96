import { randomBytes } from 'node:crypto';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import { firstPrevHash, hashAndEncode, type UnhashedText } from './hash-event.ts';

export type SealerDeps = {
  /** Identifies this chain, for example `proxy/web-1-5f0c6a1e`. No two processes may use it at once. */
  producer: string;
  /** The last event of this producer, if it continues its chain. */
  head?: Pick<ChainHead, 'seq' | 'hash'>;
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
  seal(record: AuditRecord): Buffer;
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
  const write = ({ data }: AuditRecord): UnhashedText => {
    const part = data.sallyport;
    [part.producer, part.seq, part.prevHash, part.hash] = [producer, seq + 1, last, placeholder];
    const text = canonicalJson(data);
    const at = text.indexOf(member);
    // `producer` sorts after `hash`, so a comma always follows.
    return { before: text.slice(0, at), after: text.slice(at + member.length) };
  };
  return {
    producer,
    get head() {
      return seq === 0 ? undefined : { seq, hash: last };
    },
    seal(record) {
      const { before, after } = write(record);
      const { id, type, time } = record;
      const { hash, bytes } = hashAndEncode(last, { id, type, time, before, after });
      record.data.sallyport.hash = hash;
      [seq, last] = [seq + 1, hash];
      return bytes;
    },
  };
}
