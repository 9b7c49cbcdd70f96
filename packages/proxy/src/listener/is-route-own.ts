import type { IncomingMessage } from 'node:http';
import { identityKeysPath } from '../web-identity/answer-identity-keys.ts';

/**
 * Reports whether a request on the host of a web application is for the gateway itself: for `/.sallyport/`, or for the keys
 * that sign identities, where there are any. Everything else is the application's.
 */
export function isRouteOwn({ url = '' }: Pick<IncomingMessage, 'url'>, hasKeys: boolean): boolean {
  return url.startsWith('/.sallyport/') || (hasKeys && url.split('?', 1)[0] === identityKeysPath);
}
