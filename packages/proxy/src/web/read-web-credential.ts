import { hashToken, ProblemError } from '@sallyport/kit';
import { containsOwnToken } from '../credential/own-token.ts';
import { identifyToken, onlyToken, readCarriers, type AcceptedTokens } from '../credential/read-carriers.ts';
import type { Read, Step, WebExchange } from '../exchange/exchange.ts';
import { refuseConnectionCredentials } from './connection-authentication.ts';
import { onlyCookie, webCookiesOf } from './web-cookies.ts';

/**
 * Creates the step that reads exactly one credential: the cookie of the route, or a bearer token of a program. It keeps
 * only its hash, and until the next step a token that may be that of a workload. With the cookie, an `Authorization`
 * header is for the application, unless it has a token of the gateway or authenticates a connection.
 */
export function createReadWebCredential(deps: AcceptedTokens): Step<Read<WebExchange>> {
  return (exchange) => {
    const { authorization, pomeriumAuthorization } = exchange.headers;
    const cookie = onlyCookie(exchange.request.rawHeaders, webCookiesOf(exchange.upstream).session);
    if (cookie !== undefined) {
      if (pomeriumAuthorization.length > 0 || authorization.some(containsOwnToken))
        throw new ProblemError('ambiguous-credential', 'The request has a cookie and a token of the gateway.');
      refuseConnectionCredentials(authorization);
      exchange.asked.carrier = 'cookie';
      exchange.tokenHash = hashToken(cookie);
      return;
    }
    const only = onlyToken(readCarriers(authorization, pomeriumAuthorization));
    if (only === undefined)
      throw new ProblemError('unauthenticated', 'You are not logged in. Open this address in a browser to log in.');
    exchange.asked.carrier = 'bearer';
    const { hash, workloadToken } = identifyToken(only, deps);
    exchange.tokenHash = hash;
    exchange.workloadToken = workloadToken;
  };
}
