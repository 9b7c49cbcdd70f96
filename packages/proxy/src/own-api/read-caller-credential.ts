import type { IncomingMessage } from 'node:http';
import { hashToken, ProblemError, type SessionTokenVerifier } from '@sallyport/kit';
import { hashOfToken, onlyToken, readCarriers } from '../credential/read-carriers.ts';

/** The session cookie: with the __Host- prefix on https, a plain name on the demo's loopback pages. */
export const cookieNames = { secure: '__Host-sallyport', plain: 'sallyport-demo' } as const;

/**
 * A caller's credential on the gateway's own pages. A cookie rides along with whatever another site makes the browser
 * send, so it is told apart from a bearer token.
 */
export type CallerCredential = { kind: 'bearer' | 'cookie'; hash: string };

/** The one cookie of this name; two of one name are as good as none, for either could have been planted. */
function cookieValue(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '')
    .split(';')
    .filter((pair) => pair.includes('=') && pair.slice(0, pair.indexOf('=')).trim() === name);
  return found.length === 1 ? found[0]!.slice(found[0]!.indexOf('=') + 1).trim() : undefined;
}

/**
 * Reads the token (in our own carrier or Pomerium's) or the session cookie of a call to the gateway's own pages; the
 * hash is all that is kept. Both at once are refused when they differ.
 */
export function readCallerCredential(
  request: IncomingMessage,
  secure: boolean,
  tokens?: SessionTokenVerifier,
): CallerCredential | undefined {
  const { authorization, 'x-pomerium-authorization': pomerium } = request.headers;
  const lines = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
  const carried = onlyToken(readCarriers(lines(authorization), lines(pomerium)));
  const cookie = cookieValue(request.headers.cookie, secure ? cookieNames.secure : cookieNames.plain);
  if (carried !== undefined && cookie !== undefined && carried.token !== cookie)
    throw new ProblemError('ambiguous-credential', "A bearer token and another session's cookie were sent together.");
  if (carried !== undefined) return { kind: 'bearer', hash: hashOfToken(carried, tokens) };
  // A token with dots is a signed one, which is taken in Pomerium's carriers only: there its signature is looked at.
  return cookie === undefined || cookie === '' || cookie.includes('.')
    ? undefined
    : { kind: 'cookie', hash: hashToken(cookie) };
}

/**
 * A request that changes state on the strength of a cookie must come from the gateway's own pages (sibling hosts count
 * as same-site).
 */
export function refuseForeignOrigin(
  request: IncomingMessage,
  credential: CallerCredential | undefined,
  ownOrigin: string,
): void {
  if (request.method === 'GET' || request.method === 'HEAD' || credential?.kind === 'bearer') return;
  const { origin } = request.headers;
  if (origin !== undefined ? origin !== ownOrigin : credential !== undefined)
    throw new ProblemError('forbidden', "A request that changes something must come from the gateway's own pages.");
}
