import type { IncomingMessage } from 'node:http';

/** Reports whether the client is a browser: browsers list HTML in `Accept`. Programs get JSON. */
export function wantsPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
