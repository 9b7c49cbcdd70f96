import { hash } from 'node:crypto';
import { canonicalJson } from '../canonical/canonical-json.ts';
import { show, type TrailEvent, type TrailFault, type TrailPlace } from './trail.ts';

type Data = Record<string, unknown>;

/** Returns the canonical form of an event's data without its place in the chain, which differs each time it is sent. */
export function contentOf(data: object): string {
  const { sallyport, ...rest } = data as Data;
  const { producer: _producer, seq: _seq, prevHash: _prevHash, hash: _hash, ...part } = sallyport as Data;
  return canonicalJson({ ...rest, sallyport: part });
}

/** Returns the data of an event as it was when it was sent with another place in a chain. */
export function atPlace(
  data: object,
  place: { producer: string; seq: number; prevHash: string; hash: string },
): object {
  const { producer, seq, prevHash, hash: own } = place;
  return { ...data, sallyport: { ...(data as { sallyport: object }).sallyport, producer, seq, prevHash, hash: own } };
}

/** Whether an id follows from what the event is about (a UUID of version 8), so that it can be sent more than once. */
const isDerived = (id: string): boolean => id[14] === '8';

/** Returns a digest of what an event says. Older versions wrote the time of sending, so the times do not count. */
function digestOf(type: string, data: object): string {
  const { requestReceivedTimestamp: _received, stageTimestamp: _stage, ...rest } = data as Data;
  return hash('sha256', `${type}\n${contentOf(rest)}`, 'base64url');
}

/** What events with derived ids say. */
export type EventContents = {
  /** Returns the fault of an event whose id another one has that says something else. */
  note(event: TrailEvent): Pick<TrailFault, 'kind' | 'detail'> | undefined;
};

/**
 * Creates what compares events with equal ids. Consumers take the second one for a repeat, so it must not say anything
 * else.
 */
export function createEventContents(): EventContents {
  const known = new Map<string, { digest: string; place: TrailPlace }>();
  return {
    note({ id, type, data, place }) {
      if (!isDerived(id)) return undefined;
      const digest = digestOf(type, data as object);
      const first = known.get(id);
      if (!first) known.set(id, { digest, place });
      if (!first || first.digest === digest) return undefined;
      return { kind: 'altered', detail: `another event with its id is at ${show(first.place)}, with other content` };
    },
  };
}
