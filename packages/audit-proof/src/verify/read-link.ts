import { canonicalJson } from '../canonical/canonical-json.ts';
import { firstPrevHash, hashEvent } from '../chain/hash-event.ts';
import type { TrailEvent } from './trail.ts';

/** The place of an event in its producer's chain. */
export type Link = { producer: string; seq: number; prevHash: string; hash: string };

/** What an event says about its place: a place that its content proves, a claim that it does not, or nothing. */
export type ReadLink = { link: Link } | { fault: string; claim: Partial<Link> } | { unchained: true };

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns what is wrong with the form or the hash of an event. */
function findFault({ id, type, time, data, text }: TrailEvent, part: object, link: Link): string | undefined {
  try {
    if (text !== undefined && text !== canonicalJson(data as object)) return 'it is not in the canonical form';
    const { hash: _hash, ...rest } = part as Record<string, unknown>;
    const dataText = canonicalJson({ ...(data as object), sallyport: rest });
    return hashEvent(link.prevHash, { id, type, time, dataText }) === link.hash
      ? undefined
      : 'its content does not have its hash';
  } catch {
    // A number that JSON does not have, or more levels than the stack. No event has either.
    return 'it cannot be written as JSON';
  }
}

/** Reads the place of an event in its chain, and checks that its content has its hash. */
export function readLink(event: TrailEvent): ReadLink {
  const { data } = event;
  const part = isRecord(data) ? data.sallyport : undefined;
  if (!isRecord(data) || !isRecord(part)) return { fault: 'it is not an audit event', claim: {} };
  const { producer, seq, prevHash, hash } = part;
  if (seq === undefined && prevHash === undefined && hash === undefined) return { unchained: true };
  const claim = {
    ...(typeof producer === 'string' ? { producer } : {}),
    ...(Number.isSafeInteger(seq) && (seq as number) > 0 ? { seq: seq as number } : {}),
    ...(isHash(prevHash) ? { prevHash } : {}),
    ...(isHash(hash) ? { hash } : {}),
  };
  if (Object.keys(claim).length < 4) return { fault: 'its place in the chain is unreadable', claim };
  const link = claim as Link;
  const fault = findFault(event, part, link);
  if (fault !== undefined) return { fault, claim };
  if (seq === 1 && prevHash !== firstPrevHash)
    return { fault: 'it is the first event of its producer, but names a previous hash', claim };
  return { link };
}

/**
 * Returns what can still be read of the place in a text that is not an event. The members of the place come after those
 * of a checkpoint, which have the same names.
 */
export function guessLink(text: string): Partial<Link> {
  const find = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[1];
  const [producer, seq] = [find(/"producer":"([^"\\]+)"/g), find(/"seq":(\d{1,15})[,}]/g)];
  const [prevHash, hash] = [find(/"prevHash":"([0-9a-f]{64})"/g), find(/"hash":"([0-9a-f]{64})"/g)];
  return {
    ...(producer === undefined ? {} : { producer }),
    ...(seq === undefined || Number(seq) === 0 ? {} : { seq: Number(seq) }),
    ...(prevHash === undefined ? {} : { prevHash }),
    ...(hash === undefined ? {} : { hash }),
  };
}
