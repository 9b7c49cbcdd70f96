import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

// Fetch Metadata: a browser reports which site started a request, and no page can change that header. Old browsers and
// programs do not send it.

/** Reports whether another website started this navigation. `none` means that the user or a program opened the URL. */
export function isFromAnotherSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'none' && site !== 'same-origin';
}

/**
 * Refuses (`forbidden`) requests from web pages to endpoints that are for programs. `Sec-Fetch-Mode` is not checked,
 * because Node's own fetch sends it too.
 */
export function requireProgram({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    throw new ProblemError('forbidden', 'This address is for programs. Web pages cannot use it.');
}
