import { ProblemError } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import { refuseOwnToken } from '../credential/own-token.ts';
import { readHeaders } from '../headers/read-headers.ts';

/**
 * The only accepted form of the gateway's own addresses: plain segments, nothing escaped, no dot segments, single
 * slashes. Names of SCIM schemas have colons, and SCIM searches a dot.
 */
const plainAddress =
  /^\/(?:|\.sallyport\/scim\/v2\/Schemas\/urn(?::[A-Za-z0-9.-]+)+|\.sallyport\/scim\/v2(?:\/Users|\/Groups)?\/\.search|\.sallyport(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+|\.pomerium(?:\/[A-Za-z0-9_-]+)*\/?|\.well-known\/pomerium(?:\/jwks\.json)?|\.well-known\/sallyport\/jwks\.json)$/;

/**
 * Refuses what two readers could understand differently, before any route sees it. Pages are passed on to another
 * service. If an address were normalized on the way there, it could reach a page that no route here allowed.
 */
export function refuseUnclearRequest(refused: (request: Request, error: unknown) => void): RequestHandler {
  return (request, response, next) => {
    try {
      if (request.httpVersion !== '1.1') throw new ProblemError('bad-request', 'The gateway supports HTTP/1.1 only.');
      const { authorization, pomeriumAuthorization } = readHeaders(request.rawHeaders);
      if (authorization.length > 1 || pomeriumAuthorization.length > 1)
        throw new ProblemError('ambiguous-credential', 'A header that carries a credential appears twice.');
      if (!plainAddress.test(request.originalUrl.split('?', 1)[0]!))
        throw new ProblemError(
          'bad-request',
          "The addresses of the gateway's own pages must be plain, without escapes, dot segments or double slashes.",
        );
      refuseOwnToken(request.originalUrl);
    } catch (error) {
      response.shouldKeepAlive = false;
      refused(request, error);
      throw error;
    }
    next();
  };
}
