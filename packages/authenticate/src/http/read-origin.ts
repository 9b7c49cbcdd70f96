import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';
import type { LoginSettings } from '../settings/login-settings.ts';

/** The origin that the browser used, as the gateway says; never what the Host header says. */
export function readOrigin({ headers }: IncomingMessage, settings: LoginSettings): string {
  const origin = headers['sallyport-origin'];
  if (typeof origin !== 'string' || !settings.origins.includes(origin))
    throw new ProblemError('bad-request', 'These pages are not served at this address.');
  return origin;
}

/**
 * A cookie rides along with whatever another site makes the browser send; what changes state must come from our own
 * pages.
 */
export function requireOwnPage({ headers }: IncomingMessage, settings: LoginSettings): void {
  if (headers.origin === undefined || !settings.origins.includes(headers.origin)) {
    throw new ProblemError('forbidden', "This must come from one of the gateway's own pages.");
  }
}
