import type { RequestInput } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';

const cors = pass('cors-request');
const other = fail('non-cors-request');

/** Header names are case-insensitive (RFC 9110, 5.1), and inputs can have any case. */
function hasHeader(headers: RequestInput['headers'], name: string): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  for (const key of Object.keys(headers))
    if (key.length === name.length && key.toLowerCase() === name && headers[key]) return true;
  return false;
}

/** Holds for a "CORS-preflight request" of the Fetch standard. */
export const corsPreflight: Criterion = {
  name: 'cors_preflight',
  doc: {
    summary:
      "Holds for a CORS preflight request, with which a browser asks whether another site's page may make a request: `OPTIONS` with the headers `Origin` and `Access-Control-Request-Method`.",
    data: 'anything, usually `true`',
    example: true,
    source: 'Pomerium',
    reasons: ['cors-request', 'non-cors-request'],
  },
  schema: definition('anything'),
  compile:
    () =>
    ({ request }) => {
      if (request?.method !== 'OPTIONS') return other;
      return hasHeader(request.headers, 'access-control-request-method') && hasHeader(request.headers, 'origin')
        ? cors
        : other;
    },
};
