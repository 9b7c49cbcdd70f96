import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';

/** The gateway in front of an application, by what its assertions must say and where their keys are. */
export type Gateway = {
  /** The origin of `gateway.url`. */
  issuer: string;
  /** The origin at which browsers reach the application. */
  audience: string;
  /** The authority of the gateway's certificate, PEM. */
  ca: string;
};

/** Who sends a request: what the assertion says, and what the headers in plain text say. */
export type Visitor = {
  assertion: JWTPayload;
  headers: Record<string, string>;
  /** What was checked, and where. */
  verified: { keys: string; issuer: string; audience: string };
};

export type VisitorCheck = {
  /** Rejects with `unauthenticated` if the gateway does not vouch for the request. */
  visitorOf(request: Pick<IncomingMessage, 'headers'>): Promise<Visitor>;
  close(): Promise<void>;
};

const identityHeaders = ['x-forwarded-user', 'x-forwarded-email', 'x-forwarded-groups'] as const;
/** For as long as the documentation of the gateway allows, in milliseconds. */
const keysAgeMs = 300_000;

const refuse = (detail: string, cause?: unknown) => new ProblemError('unauthenticated', detail, { cause });

/** Creates what verifies the assertion of each request with the published keys of the gateway. */
export function createVisitorCheck({ issuer, audience, ca }: Gateway): VisitorCheck {
  const { fetch, close } = createOutboundFetch({ ca });
  const keys = `${issuer}/.well-known/sallyport/jwks.json`;
  const keySet = createRemoteJWKSet(new URL(keys), {
    cacheMaxAge: keysAgeMs,
    [customFetch]: (url, options) => fetch(url, { ...options, headers: Object.fromEntries(options.headers) }),
  });
  return {
    close,
    async visitorOf({ headers }) {
      const assertion = headers['x-sallyport-jwt-assertion'];
      if (typeof assertion !== 'string')
        throw refuse(`This application answers only through its gateway. Open ${audience} in a browser.`);
      try {
        const { payload } = await jwtVerify(assertion, keySet, {
          issuer,
          audience,
          algorithms: ['ES256'],
          requiredClaims: ['sub', 'user', 'exp'],
        });
        const plain = identityHeaders.flatMap((name) =>
          typeof headers[name] === 'string' ? [[name, headers[name]]] : [],
        );
        return {
          assertion: payload,
          headers: Object.fromEntries(plain) as Record<string, string>,
          verified: { keys, issuer, audience },
        };
      } catch (error) {
        if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
          throw refuse('The assertion of the gateway cannot be verified.', error);
        throw new ProblemError('service-unavailable', 'The keys of the gateway cannot be read.', { cause: error });
      }
    },
  };
}
