import { ProblemError } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import { refuseOwnToken } from '../credential/own-token.ts';
import { readHeaders } from '../headers/read-headers.ts';

/**
 * The only form that addresses of the gateway's own have: plain segments, nothing escaped, no dot segments, one slash
 * at a time; names of SCIM's schemas have colons, and its searches a dot.
 */
const plainAddress =
  /^\/(?:\.sallyport\/scim\/v2\/Schemas\/urn(?::[A-Za-z0-9.-]+)+|\.sallyport\/scim\/v2(?:\/Users|\/Groups)?\/\.search|\.sallyport(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+|\.pomerium(?:\/[A-Za-z0-9_-]+)*\/?|\.well-known\/pomerium(?:\/jwks\.json)?)$/;

/**
 * Refuses what two readers could understand differently before any route sees it: pages are passed on to another
 * service, and an address that is tidied up on the way there would reach what no route here has let through.
 */
export function refuseUnclearRequest(refused: (request: Request, error: unknown) => void): RequestHandler {
  return (request, response, next) => {
    try {
      if (request.httpVersion !== '1.1') throw new ProblemError('bad-request', 'Only HTTP/1.1 is spoken here.');
      const { authorization, pomeriumAuthorization } = readHeaders(request.rawHeaders);
      if (authorization.length > 1 || pomeriumAuthorization.length > 1)
        throw new ProblemError('ambiguous-credential', 'A header that carries a credential stands twice.');
      if (!plainAddress.test(request.originalUrl.split('?', 1)[0]!))
        throw new ProblemError('bad-request', "The addresses of the gateway's own pages have one plain form only.");
      refuseOwnToken(request.originalUrl);
    } catch (error) {
      response.shouldKeepAlive = false;
      refused(request, error);
      throw error;
    }
    next();
  };
}
