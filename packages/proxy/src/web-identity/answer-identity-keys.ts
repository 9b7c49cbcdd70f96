import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IdentityKeyRing } from './identity-key-ring.ts';

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
