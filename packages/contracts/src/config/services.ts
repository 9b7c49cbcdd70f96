import * as z from 'zod/mini';
import { listenSchema, urlSchema } from './address.ts';

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
const keys = { keyFile: optionalText, publicKey: optionalText };
/** TLS of an internal listener, and the CA with which the others verify it. */
const tls = {
  certFile: optionalText,
  tlsKeyFile: optionalText,
  caFile: optionalText,
};

const internal = (port: number) =>
  z.prefault(
    z.strictObject({
      url: z._default(urlSchema, `http://127.0.0.1:${port}`),
      listen: z._default(listenSchema, loopback(port)),
      adminListen: z._default(listenSchema, loopback(port + 5000)),
      ...keys,
      ...tls,
    }),
    {},
  );

/** The addresses and keys of the four services. */
export const servicesSchema = z.prefault(
  z.strictObject({
    authenticate: internal(4180),
    authorize: internal(4181),
    audit: internal(4182),
    proxy: z.prefault(z.strictObject({ adminListen: z._default(listenSchema, loopback(9183)), ...keys }), {}),
  }),
  {},
);
