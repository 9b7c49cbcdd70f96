import { hashToken, ProblemError, type SessionTokenVerifier } from '@sallyport/kit';
import { containsOwnToken } from '../credential/own-token.ts';
import { identifyToken, onlyToken, readCarriers } from '../credential/read-carriers.ts';
import type { Step } from '../exchange/exchange.ts';
import { onlyCookie, routeCookie } from './web-cookies.ts';

/**
 * Creates the step that reads exactly one credential and keeps only its hash: the cookie of the route, or a bearer token
 * of a program. With the cookie, an `Authorization` header is for the application, unless it has a token of the gateway.
 */
export function createReadWebCredential(deps: { tokens?: SessionTokenVerifier | undefined }): Step {
  return (exchange) => {
    const { authorization, pomeriumAuthorization } = exchange.headers!;
    const cookie = onlyCookie(exchange.request.rawHeaders, routeCookie);
    if (cookie !== undefined) {
      if (pomeriumAuthorization.length > 0 || authorization.some(containsOwnToken))
        throw new ProblemError('ambiguous-credential', 'The request has a cookie and a token of the gateway.');
      exchange.web!.carrier = 'cookie';
      exchange.tokenHash = hashToken(cookie);
      return;
    }
    const only = onlyToken(readCarriers(authorization, pomeriumAuthorization));
    if (only === undefined)
      throw new ProblemError('unauthenticated', 'You are not logged in. Open this address in a browser to log in.');
    exchange.web!.carrier = 'bearer';
    exchange.tokenHash = identifyToken(only, { tokens: deps.tokens }).hash;
  };
}
