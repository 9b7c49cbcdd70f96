import { addressBlock } from '@sallyport/audit-log';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';
import type { LoginSettings } from './login-settings.ts';

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

/**
 * Reads a field of a form or JSON body: a string of 1 to `maxLength` (2048) characters that appears once. Returns
 * undefined for anything else.
 */
export function readField(body: unknown, name: string, maxLength = 2048): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, name)
      ? (body as Record<string, unknown>)[name]
      : undefined;
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined;
}

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

const maxLength = 8192;

/** Returns the query of a request. Refuses repeated parameters, because two readers could each pick a different one. */
export function readQuery({ url = '' }: IncomingMessage): URLSearchParams {
  if (url.length > maxLength) throw new ProblemError('bad-request', `The URL is longer than ${maxLength} characters.`);
  const at = url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  if (new Set(query.keys()).size !== query.size)
    throw new ProblemError('bad-request', 'A query parameter appears more than once.');
  return query;
}

/** Reports whether the client is a browser: browsers list HTML in `Accept`. Programs get JSON. */
export function wantsPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') ?? false;
}

/** Describes a program's address so that the user sees whether it is the address of their browser (`here`). */
export function compareAddress(address: string | undefined, here: string | undefined): string {
  if (address === undefined) return 'unknown';
  return `${address} (${address === here ? 'the same address as this browser' : 'not the address of this browser'})`;
}

/** Returns the key by which requests are counted: the block of an address. */
export const addressKey = (address: string | undefined): string =>
  address === undefined ? 'unknown' : addressBlock(address);
