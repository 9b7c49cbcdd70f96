import * as z from 'zod/mini';
import { listenSchema, urlSchema } from './address.ts';
import { about } from '../text/about.ts';

const loopback = (port: number) => ({ host: '127.0.0.1', port });

/** A key without a value counts as absent. Its readers see only undefined. */
const optionalText = z.pipe(
  z.nullish(z.string()),
  z.transform((text) => text ?? undefined),
);

/**
 * Key material of a service: `keyFile` is its Ed25519 private key (PKCS #8 PEM). `publicKey` is the matching public key
 * (SPKI, in PEM or base64), which all services need. While the key is replaced, it holds the old and the new one.
 */
const keys = {
  keyFile: about(
    'Its private key, with which it signs its calls to the others: Ed25519, PKCS #8 PEM. Give it to this service only.',
    optionalText,
  ),
  publicKey: about(
    'Its public key, which all services need: SPKI, in PEM or base64. While the key is replaced, the old and the new one, with white space between them.',
    optionalText,
  ),
};
/** TLS of an internal listener, and the CA with which the others verify it. */
const tls = {
  certFile: about('The certificate of its listener, PEM.', optionalText),
  tlsKeyFile: about('The private key of that certificate, PEM.', optionalText),
  caFile: about('The CA with which the others verify that certificate, PEM.', optionalText),
};

const internal = (port: number) =>
  z.prefault(
    z.strictObject({
      url: about(
        'The address at which the other services reach it. Use https in production, with caFile.',
        z._default(urlSchema, `http://127.0.0.1:${port}`),
      ),
      listen: about(
        'The address on which it listens for the other services.',
        z._default(listenSchema, loopback(port)),
      ),
      adminListen: about(
        'The address on which it serves /livez, /readyz and /metrics, in plain HTTP and without a credential. Put it on a network that only operators reach.',
        z._default(listenSchema, loopback(port + 5000)),
      ),
      ...keys,
      ...tls,
    }),
    {},
  );

/** The addresses and keys of the four services. */
export const servicesSchema = z.prefault(
  z.strictObject({
    authenticate: about('Logins, sessions and identity providers.', internal(4180)),
    authorize: about('Decisions: policy for every request.', internal(4181)),
    audit: about('The store of the audit trail, and its queries.', internal(4182)),
    proxy: about(
      'The gateway itself, as a caller of the other services.',
      z.prefault(
        z.strictObject({
          adminListen: about(
            'The address on which it serves /livez, /readyz and /metrics, in plain HTTP and without a credential. Put it on a network that only operators reach.',
            z._default(listenSchema, loopback(9183)),
          ),
          peer: about(
            'Where replicas of the gateway reach each other, to hand over connections through connectors. They know each other by keyFile and need no certificate. Leave it out for a single replica.',
            z.optional(
              z.strictObject({
                listen: about(
                  'The address on which a replica listens for the others.',
                  z.prefault(listenSchema, '0.0.0.0:8444'),
                ),
                address: about(
                  'Its own host and port for the others, such as ${env:POD_IP}:8444.',
                  z.string().check(z.regex(/^\S+:\d{1,5}$/, 'not an address like 10.0.0.7:8444')),
                ),
              }),
            ),
          ),
          ...keys,
        }),
        {},
      ),
    ),
  }),
  {},
);
