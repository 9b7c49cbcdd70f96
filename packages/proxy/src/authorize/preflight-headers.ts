import type { IncomingMessage } from 'node:http';
import type { Check } from '@sallyport/contracts';

/** Returns the headers that identify a browser's preflight (Fetch standard, 4.8). Only OPTIONS can be one. */
export function preflightHeaders(request: IncomingMessage): Pick<Check['request'], 'headers'> {
  if (request.method !== 'OPTIONS') return {};
  const { origin, 'access-control-request-method': asked } = request.headers;
  return {
    headers: {
      ...(origin === undefined ? {} : { origin }),
      ...(asked === undefined ? {} : { 'access-control-request-method': asked }),
    },
  };
}
