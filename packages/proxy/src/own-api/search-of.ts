import type { IncomingMessage } from 'node:http';

/** Returns the query of a request with its question mark, or nothing. */
export function searchOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}
