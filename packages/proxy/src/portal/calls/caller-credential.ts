import type { IncomingMessage } from 'node:http';
import { hashToken, ProblemError } from '@sallyport/kit';
import {
  identifyToken,
  onlyToken,
  readCarriers,
  type AcceptedTokens,
  type IdentifiedToken,
} from '../../credential/read-carriers.ts';

/** The names of the session cookie: with the __Host- prefix on https, and plain on the demo's loopback pages. */
const cookieNames = { secure: '__Host-sallyport', plain: 'sallyport-demo' } as const;

/**
 * A caller's credential on the gateway's own pages. A browser adds the cookie to requests that another site makes it
 * send, so cookies are distinguished from bearer tokens.
 */
export type CallerCredential = IdentifiedToken & { kind: 'bearer' | 'cookie' };

/** Returns the only cookie of this name. Two of one name count as none, because either could have been planted. */
function cookieValue(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '')
    .split(';')
    .filter((pair) => pair.includes('=') && pair.slice(0, pair.indexOf('=')).trim() === name);
  return found.length === 1 ? found[0]!.slice(found[0]!.indexOf('=') + 1).trim() : undefined;
}

/**
 * Reads the token (in the gateway's own carrier or Pomerium's) or the session cookie of a call to the gateway's own
 * pages. Keeps only the hash, except of a token that may be that of a workload. A token and a cookie that differ are
 * refused.
 */
export function readCallerCredential(
  request: IncomingMessage,
  secure: boolean,
  accepted: AcceptedTokens = {},
): CallerCredential | undefined {
  const { authorization, 'x-pomerium-authorization': pomerium } = request.headers;
  const lines = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
  const carried = onlyToken(readCarriers(lines(authorization), lines(pomerium)));
  const cookie = cookieValue(request.headers.cookie, secure ? cookieNames.secure : cookieNames.plain);
  if (carried !== undefined && cookie !== undefined && carried.token !== cookie)
    throw new ProblemError('ambiguous-credential', 'The request has a bearer token and the cookie of another session.');
  if (carried !== undefined) return { kind: 'bearer', ...identifyToken(carried, accepted) };
  // A token with dots is a signed one. It is accepted only in Pomerium's carriers, where its signature is verified.
  return cookie === undefined || cookie === '' || cookie.includes('.')
    ? undefined
    : { kind: 'cookie', hash: hashToken(cookie) };
}

/**
 * Refuses a request that changes state by a cookie, unless it comes from the gateway's own pages. `SameSite` does not
 * suffice, because sibling hosts count as the same site.
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

/** What recognizes the tokens that are not opaque, for calls of the gateway's own pages and API. */
export function acceptedTokens({
  pomerium,
  workloads,
}: {
  pomerium?: Pick<AcceptedTokens, 'tokens'> | undefined;
  workloads?: AcceptedTokens['workloads'];
}): AcceptedTokens {
  return { tokens: pomerium?.tokens, workloads };
}

/**
 * Refuses a form that is not on the gateway's own page. The browser must say so: an `Origin` that is missing, `null` or
 * another one is refused, and so is a request that Fetch Metadata calls foreign. A token of a program is refused too:
 * the API is for programs.
 */
export function requireOwnForm({ headers }: IncomingMessage, { kind }: CallerCredential, ownOrigin: string): void {
  const site = headers['sec-fetch-site'];
  if (kind !== 'cookie' || headers.origin !== ownOrigin || (site !== undefined && site !== 'same-origin'))
    throw new ProblemError('forbidden', "A request that changes something must come from the gateway's own pages.");
}
