import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

type Headed = Pick<IncomingMessage, 'headers'>;

/**
 * Reports whether a browser opens a page in a tab, as far as it says so (Fetch metadata). A script, an image, a frame or
 * a page that is fetched in advance is something else. Old browsers do not say.
 */
export function opensPage({ headers }: Headed): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-purpose': purpose } = headers;
  return (
    (mode === undefined || mode === 'navigate') &&
    (destination === undefined || destination === 'document') &&
    purpose === undefined
  );
}

/**
 * Reports the same on the host of an application, where a Service Worker may pass the request on. It then has no
 * destination, and still a mode that no script can choose.
 */
export function opensPageOfApplication(request: Headed): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = request.headers;
  return opensPage(request) || (mode === 'navigate' && destination === 'empty');
}

/** Refuses what does not open a page. */
export function requirePage(opens: boolean): void {
  if (!opens)
    throw new ProblemError('forbidden', 'This address opens a page, and is not for scripts, images or frames.');
}
