import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';
import type { LoginSettings } from '../settings/login-settings.ts';

/** Returns the origin that the browser used, as reported by the gateway. Never trusts the Host header. */
export function readOrigin({ headers }: IncomingMessage, settings: Pick<LoginSettings, 'origins'>): string {
  const origin = headers['sallyport-origin'];
  if (typeof origin !== 'string' || !settings.origins.includes(origin))
    throw new ProblemError('bad-request', 'This address does not serve the login pages.');
  return origin;
}

/**
 * Refuses (`forbidden`) requests that do not come from the gateway's own pages. Browsers attach cookies to requests
 * that other sites trigger, so a cookie alone must not be able to change state.
 */
export function requireOwnPage({ headers }: IncomingMessage, settings: Pick<LoginSettings, 'origins'>): void {
  if (headers.origin === undefined || !settings.origins.includes(headers.origin)) {
    throw new ProblemError('forbidden', "This request must come from one of the gateway's own pages.");
  }
}
