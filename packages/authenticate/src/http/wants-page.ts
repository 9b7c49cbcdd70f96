import type { IncomingMessage } from 'node:http';

/** True for browsers: they name HTML among what they take. Programs get JSON. */
export function wantsPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') ?? false;
}
