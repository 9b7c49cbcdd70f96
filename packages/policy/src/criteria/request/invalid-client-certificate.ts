import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../reference/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';

const required = pass('client-certificate-required');
const invalid = pass('invalid-client-certificate');
const valid = fail('valid-client-certificate');

/** Holds if the client has no certificate, or one that the gateway does not trust. Intended for deny. */
export const invalidClientCertificate: Criterion = {
  name: 'invalid_client_certificate',
  doc: {
    summary:
      'Holds if the client presents no TLS certificate, or one whose chain does not lead to a CA in `gateway.tls.clientCaFile`. Under `deny` it refuses even before the caller is asked to log in.',
    data: 'anything, usually `true`',
    example: true,
    source: 'Pomerium',
    reasons: ['client-certificate-required', 'invalid-client-certificate', 'valid-client-certificate'],
  },
  schema: definition('anything'),
  value: ({ request }) =>
    request?.clientCertificate && {
      presented: request.clientCertificate.presented,
      valid: request.clientCertificate.valid,
    },
  compile:
    () =>
    ({ request }) => {
      const certificate = request?.clientCertificate;
      if (certificate?.valid === true) return valid;
      return (certificate?.presented ?? Boolean(certificate?.leaf)) ? invalid : required;
    },
};
