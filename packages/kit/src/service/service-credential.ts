import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { hash } from 'node:crypto';
import { mayCall, serviceNames, type ServiceName } from '@sallyport/contracts';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { ProblemError } from '../problem/problem-error.ts';

const scheme = 'Sallyport-Service ';
const lifeSeconds = 60;
const tokenType = 'sallyport-service+jwt';

/** A service's own name and key, from which it makes credentials for the services it calls. */
export type ServiceIdentity = { name: ServiceName; credentialFor(audience: ServiceName): Promise<string> };

/**
 * Creates credentials (JWS, EdDSA) that live 60 s; one is minted per audience and reused for half its life, as a
 * signature per call would cost more than the call.
 */
export function createServiceIdentity(deps: {
  name: ServiceName;
  privateKey: KeyObject;
  now: () => number;
}): ServiceIdentity {
  const minted = new Map<ServiceName, { header: Promise<string>; until: number }>();
  const mint = async (audience: ServiceName, nowSeconds: number) =>
    scheme +
    (await new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', typ: tokenType })
      .setIssuer(deps.name)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifeSeconds)
      .sign(deps.privateKey));
  return {
    name: deps.name,
    credentialFor(audience) {
      const now = deps.now();
      const held = minted.get(audience);
      if (held && held.until > now) return held.header;
      const header = mint(audience, Math.floor(now / 1000));
      minted.set(audience, { header, until: now + lifeSeconds * 500 });
      return header;
    },
  };
}

/** Judges the credential of an incoming internal call. */
export type ServiceVerifier = {
  /** Resolves to the calling service; rejects with `unauthenticated` or `unknown-caller`. */
  verify(authorization: string | undefined): Promise<ServiceName>;
  /**
   * The caller, if this very credential was verified before and still lives; for hot roads that would rather not await.
   */
  verified(authorization: string | undefined): ServiceName | undefined;
};

/** Reads a public key given as SPKI PEM or as the base64 of its DER. Throws if it is neither or not Ed25519. */
export function readPublicKey(text: string): KeyObject {
  const key = text.includes('-----BEGIN')
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('is not an Ed25519 key');
  return key;
}

/**
 * Verifies callers against the public keys of the other services and the table of who may call whom; verified
 * credentials are remembered by hash.
 */
export function createServiceVerifier(deps: {
  name: ServiceName;
  publicKeys: Partial<Record<ServiceName, KeyObject>>;
  now: () => number;
}): ServiceVerifier {
  const seen = new LRUCache<string, { caller: ServiceName; expiresAt: number }>({ max: 256 });
  const refuse = () =>
    new ProblemError('unauthenticated', "This address takes calls from Sallyport's own services only.");
  const recall = (authorization: string | undefined) => {
    if (!authorization?.startsWith(scheme) || authorization.length > 2048) return undefined;
    const known = seen.get(hash('sha256', authorization, 'base64'));
    return known && known.expiresAt > deps.now() ? known.caller : undefined;
  };
  return {
    verified: recall,
    async verify(authorization) {
      const known = recall(authorization);
      if (known) return known;
      if (!authorization?.startsWith(scheme) || authorization.length > 2048) throw refuse();
      const token = authorization.slice(scheme.length);
      const caller = claimedIssuer(token);
      const key = caller && deps.publicKeys[caller];
      if (!caller || !key) throw refuse();
      let expiresAt: number;
      try {
        const { payload } = await jwtVerify(token, key, {
          issuer: caller,
          audience: deps.name,
          algorithms: ['EdDSA'],
          typ: tokenType,
          clockTolerance: 5,
          requiredClaims: ['exp', 'iat'],
          maxTokenAge: lifeSeconds + 5,
          currentDate: new Date(deps.now()),
        });
        expiresAt = payload.exp! * 1000;
      } catch (cause) {
        throw new ProblemError(
          'unauthenticated',
          "The service credential is not valid here; check the services' keys and clocks.",
          { cause },
        );
      }
      if (!mayCall[caller].includes(deps.name))
        throw new ProblemError('unknown-caller', `The service ${caller} has no business with ${deps.name}.`);
      seen.set(hash('sha256', authorization, 'base64'), { caller, expiresAt });
      return caller;
    },
  };
}

/** Who the token says it is from, before that is believed: it only chooses the key. */
function claimedIssuer(token: string): ServiceName | undefined {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iss?: unknown;
    };
    return serviceNames.find((name) => name === iss);
  } catch {
    return undefined;
  }
}
