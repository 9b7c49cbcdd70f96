import { ProblemError } from '@sallyport/kit';
import type { WebExchange } from '../exchange/exchange.ts';

/** A path without a folder. A Service Worker whose script is there controls the whole host. */
const inRoot = /^\/[^/?]*(?:\?|$)/;

/**
 * Refuses the script of a Service Worker that would control the whole host, unless the route allows that. It would see
 * the addresses under `/.sallyport/` that a browser opens, and the code of a login in one of them. The scope of a worker
 * is at most the folder of its script, as the `Service-Worker-Allowed` of the application does not reach the browser.
 */
export function refuseRootWorker({ request: { url = '', headers }, upstream }: WebExchange): void {
  if (upstream.allowServiceWorkers || !inRoot.test(url)) return;
  if (headers['service-worker'] === undefined && headers['sec-fetch-dest'] !== 'serviceworker') return;
  throw new ProblemError(
    'forbidden',
    'The gateway allows no Service Worker for all of this application. Set allowServiceWorkers on its route.',
  );
}

/**
 * Returns the header line that keeps a browser from registering such a worker out of its cache. A page can fetch the
 * script first, as any other file, and then ask for what the cache has (`updateViaCache: 'all'`).
 */
export function linesAboutWorkers({ request: { url = '' }, upstream }: WebExchange): string[] {
  return upstream.allowServiceWorkers || !inRoot.test(url) ? [] : ['vary', 'service-worker'];
}
