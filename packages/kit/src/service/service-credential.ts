import { createPublicKey, hash, KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayCall, serviceNames, type ServiceName } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { jwtVerify, SignJWT, type JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import { fieldsOfPart } from '../json/parse-json.ts';
import { ProblemError } from '../problem/problem-error.ts';
import { deriveSecret } from './derive-secret.ts';

/** The scheme of these credentials. A 401 that names it is about the calling service, and not about a person. */
export const serviceScheme = 'Sallyport-Service';
const scheme = `${serviceScheme} `;
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
  /** Read for each new credential, so it may change. */
  readonly privateKey: KeyObject;
  now: () => number;
}): ServiceIdentity {
  const minted = new Map<ServiceName, { header: Promise<string>; until: number; key: KeyObject }>();
  const mint = async (audience: ServiceName, nowSeconds: number, key: KeyObject) =>
    scheme +
    (await new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', typ: tokenType })
      .setIssuer(deps.name)
      .setAudience(audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifeSeconds)
      .sign(key));
  return {
    name: deps.name,
    secretFor: (use) => deriveSecret(deps.privateKey, use),
    credentialFor(audience) {
      const [now, key] = [deps.now(), deps.privateKey];
      const current = minted.get(audience);
      if (current && current.until > now && current.key === key) return current.header;
      const header = mint(audience, Math.floor(now / 1000), key);
      minted.set(audience, { header, until: now + lifeSeconds * 500, key });
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

/** The public keys of the services. While a key is being replaced, a service has several. */
export type PublicKeys = Partial<Record<ServiceName, KeyObject | readonly KeyObject[]>>;

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
  /** Read for each call, so they may change. */
  readonly publicKeys: PublicKeys;
  now: () => number;
}): ServiceVerifier {
  const seen = new LRUCache<string, { caller: ServiceName; expiresAt: number; key: KeyObject }>({ max: 256 });
  const keysOf = (caller: ServiceName): readonly KeyObject[] => {
    const keys = deps.publicKeys[caller] ?? [];
    return keys instanceof KeyObject ? [keys] : keys;
  };
  const refuse = () =>
    new ProblemError('unauthenticated', "This endpoint accepts calls only from Sallyport's own services.");
  const recall = (authorization: string | undefined) => {
    if (!authorization?.startsWith(scheme) || authorization.length > 2048) return undefined;
    const known = seen.get(hash('sha256', authorization, 'base64'));
    // A key that was taken away does not count, also where it was accepted before.
    return known && known.expiresAt > deps.now() && keysOf(known.caller).includes(known.key) ? known.caller : undefined;
  };
  return {
    verified: recall,
    async verify(authorization) {
      const known = recall(authorization);
      if (known) return known;
      if (!authorization?.startsWith(scheme) || authorization.length > 2048) throw refuse();
      const token = authorization.slice(scheme.length);
      const caller = claimedIssuer(token);
      const keys = caller ? keysOf(caller) : [];
      if (!caller || keys.length === 0) throw refuse();
      const { key, expiresAt, cause } = await verifyWithOneOf(keys, token, {
        issuer: caller,
        audience: deps.name,
        algorithms: ['EdDSA'],
        typ: tokenType,
        clockTolerance: 5,
        requiredClaims: ['exp', 'iat'],
        maxTokenAge: lifeSeconds + 5,
        currentDate: new Date(deps.now()),
      });
      if (!key) {
        throw new ProblemError(
          'unauthenticated',
          "The service credential is not valid here. Check the services' keys and clocks.",
          { cause },
        );
      }
      if (!mayCall[caller].includes(deps.name))
        throw new ProblemError('unknown-caller', `The service ${caller} may not call ${deps.name}.`);
      seen.set(hash('sha256', authorization, 'base64'), { caller, expiresAt, key });
      return caller;
    },
  };
}

/** Returns the key that verifies a token, or why the last one does not. */
async function verifyWithOneOf(
  keys: readonly KeyObject[],
  token: string,
  options: JWTVerifyOptions,
): Promise<{ key?: KeyObject; expiresAt: number; cause?: unknown }> {
  let cause: unknown;
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, options);
      return { key, expiresAt: payload.exp! * 1000 };
    } catch (error) {
      cause = error;
    }
  }
  return { expiresAt: 0, cause };
}

/** Returns the issuer that the token claims, before it is verified: it only selects the key. */
function claimedIssuer(token: string): ServiceName | undefined {
  const { iss } = fieldsOfPart(token.split('.')[1] ?? '');
  return serviceNames.find((name) => name === iss);
}

/** Resolves to the calling service. Before it rejects, it marks the response as being about the calling service. */
export async function admitService(
  verifier: Pick<ServiceVerifier, 'verify'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ServiceName> {
  try {
    return await verifier.verify(request.headers.authorization);
  } catch (error) {
    response.setHeader('www-authenticate', serviceScheme);
    throw error;
  }
}

/** Creates Express middleware that admits only Sallyport's services, and sets `res.locals.caller` to the calling one. */
export function requireService(verifier: ServiceVerifier): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await admitService(verifier, request, response);
    next();
  };
}
