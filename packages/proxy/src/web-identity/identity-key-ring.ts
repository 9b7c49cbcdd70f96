import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IdentityKey } from './identity-keys.ts';

/** The keys that sign identities and those that verify them, while they are replaced. */
export type IdentityKeyRing = {
  /** Returns the key that signs now. */
  signing(): IdentityKey;
  /** Returns every key with which something that was signed may still be verified, and those that will sign. */
  published(): readonly IdentityKey[];
  /** Takes the keys of the changed file. */
  take(keys: readonly IdentityKey[]): void;
};

/** How long a key is published before it signs: twice as long as the answer with the keys may be cached. */
export const publishedFirstMs = 600_000;

/**
 * Creates the ring from the keys of the file. The first one of the file signs, and all of them are published. So that a
 * file with a new key alone breaks nothing either, the key that signed so far goes on until the new one has been
 * published for ten minutes, and a key that has left the file stays published for `signedForMs`, after which nothing
 * that it signed is valid.
 */
export function createIdentityKeyRing(
  first: readonly IdentityKey[],
  { now, signedForMs }: { now: () => number; signedForMs: number },
): IdentityKeyRing {
  let current = first;
  /** A key that is no longer in the file, and signs because none of the file may yet. */
  let held: IdentityKey | undefined;
  const since = new Map(first.map(({ kid }) => [kid, -Infinity]));
  const retired = new Map<IdentityKey, number>();
  const retire = (key: IdentityKey) => retired.set(key, now() + signedForMs);

  const signing = () => {
    const ready = current.find(({ kid }) => since.get(kid)! + publishedFirstMs <= now());
    if (ready === undefined) return held ?? current[0]!;
    if (held) {
      retire(held);
      held = undefined;
    }
    return ready;
  };
  return {
    signing,
    published() {
      signing();
      for (const [key, until] of retired) if (until <= now()) retired.delete(key);
      return [...current, ...(held ? [held] : []), ...retired.keys()];
    },
    take(keys) {
      const before = signing();
      const known = new Map([...current, ...(held ? [held] : []), ...retired.keys()].map((key) => [key.kid, key]));
      // The objects of known keys stay, because verified tokens are remembered by them.
      const next = keys.map((key) => known.get(key.kid) ?? key);
      for (const key of next) {
        retired.delete(key);
        if (!known.has(key.kid)) since.set(key.kid, now());
      }
      for (const key of current) if (!next.includes(key) && key !== before) retire(key);
      held = next.includes(before) ? undefined : before;
      current = next;
      const kept = new Set([...current, ...(held ? [held] : []), ...retired.keys()].map(({ kid }) => kid));
      for (const kid of since.keys()) if (!kept.has(kid)) since.delete(kid);
    },
  };
}

/** Where the keys are, at the gateway and at each route that signs identities. */
export const identityKeysPath = '/.well-known/sallyport/jwks.json';

/** Half of the time for which a key is published before it signs. */
const maxAgeSeconds = 300;

/** Creates the answer to a request for the public keys (RFC 7517). They are public, so any page may read them. */
export function createAnswerIdentityKeys(
  ring: IdentityKeyRing,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const body = JSON.stringify({ keys: ring.published().map(({ jwk }) => jwk) });
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': `public, max-age=${maxAgeSeconds}`,
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
