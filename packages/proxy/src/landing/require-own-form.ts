import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';
import type { CallerCredential } from '../own-api/read-caller-credential.ts';

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
