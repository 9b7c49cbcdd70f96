import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { mayCall, serviceNames, type ServiceName } from '@sallyport/contracts';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { ProblemError } from '../problem/problem-error.ts';
import { deriveSecret } from './derive-secret.ts';

const scheme = 'Sallyport-Service ';
const lifeSeconds = 60;
const tokenType = 'sallyport-service+jwt';

/** A service to the others. */
export type ServiceIdentity = {
  name: ServiceName;
  /** Issues a credential for a service that it calls. */
  credentialFor(audience: ServiceName): Promise<string>;
  /** Returns a secret that only the replicas of this service have. See `deriveSecret`. */
  secretFor(use: string): Buffer;
};

/**
 * Creates the issuer of credentials (JWS, EdDSA) that are valid for 60 s. One per audience is reused for half its
 * lifetime, because a signature per call would cost more than the call.
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
    secretFor: (use) => deriveSecret(deps.privateKey, use),
    credentialFor(audience) {
      const now = deps.now();
      const current = minted.get(audience);
      if (current && current.until > now) return current.header;
      const header = mint(audience, Math.floor(now / 1000));
      minted.set(audience, { header, until: now + lifeSeconds * 500 });
      return header;
    },
  };
}

/** Verifies the credentials of incoming internal calls. */
export type ServiceVerifier = {
  /** Resolves to the calling service; rejects with `unauthenticated` or `unknown-caller`. */
  verify(authorization: string | undefined): Promise<ServiceName>;
  /** Returns the caller if this credential was verified before and is still valid; for hot paths that avoid an await. */
  verified(authorization: string | undefined): ServiceName | undefined;
};

/** Reads an Ed25519 public key in SPKI form, as PEM or base64 of DER. Throws for anything else. */
export function readPublicKey(text: string): KeyObject {
  const key = text.includes('-----BEGIN')
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('is not an Ed25519 key');
  return key;
}

/**
 * Creates the verifier of callers, with the public keys of the services and the table of allowed calls. Verified
 * credentials are cached by hash.
 */
export function createServiceVerifier(deps: {
  name: ServiceName;
  publicKeys: Partial<Record<ServiceName, KeyObject>>;
  now: () => number;
}): ServiceVerifier {
  const seen = new LRUCache<string, { caller: ServiceName; expiresAt: number }>({ max: 256 });
  const refuse = () =>
    new ProblemError('unauthenticated', "This endpoint accepts calls only from Sallyport's own services.");
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
          "The service credential is not valid here. Check the services' keys and clocks.",
          { cause },
        );
      }
      if (!mayCall[caller].includes(deps.name))
        throw new ProblemError('unknown-caller', `The service ${caller} may not call ${deps.name}.`);
      seen.set(hash('sha256', authorization, 'base64'), { caller, expiresAt });
      return caller;
    },
  };
}

/** Returns the issuer that the token claims, before it is verified: it only selects the key. */
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
