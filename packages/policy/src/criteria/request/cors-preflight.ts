import type { Criterion } from '../../language/criterion.ts';
import type { RequestInput } from '../../input/policy-input.ts';
import { definition } from '../../reference/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';

const cors = pass('cors-request');
const other = fail('non-cors-request');

/** Header names have no case (RFC 9110, 5.1), and inputs come with any. */
function hasHeader(headers: RequestInput['headers'], name: string): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  for (const key of Object.keys(headers))
    if (key.length === name.length && key.toLowerCase() === name && headers[key]) return true;
  return false;
}

/** Holds for what a browser sends to ask whether a page may call (Fetch standard, "CORS-preflight request"). */
export const corsPreflight: Criterion = {
  name: 'cors_preflight',
  doc: {
    summary:
      "Holds for the request by which a browser asks whether another site's page may call: `OPTIONS` with the headers `Origin` and `Access-Control-Request-Method`.",
    data: 'anything, by custom `true`',
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
