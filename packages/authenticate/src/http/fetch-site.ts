import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

// Fetch Metadata: a browser says of every request which site began it, and no page can change what it says. Old
// browsers and programs say nothing.

/**
 * Whether a page that is not ours began this navigation. `none` is a person or a program that opened the address
 * itself.
 */
export function isBegunElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'none' && site !== 'same-origin';
}

/**
 * Refuses (`forbidden`) requests that a page makes of what is for programs. Node's own fetch sends `Sec-Fetch-Mode`, so
 * that one says nothing.
 */
export function requireProgram({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    throw new ProblemError('forbidden', 'This address answers programs. A page in a browser must not ask for it.');
}
