import { z } from 'zod';
import { listenSchema, urlSchema } from './address.ts';

const loopback = (port: number) => ({ host: '127.0.0.1', port });

/**
 * Key material of a service: `keyFile` is its own Ed25519 private key (PKCS #8 PEM), `publicKey` the matching SPKI PEM
 * or a base64 of it, known to all.
 */
const keys = { keyFile: z.string().optional(), publicKey: z.string().optional() };
/** TLS of an internal listener, and the CA by which the others verify it. */
const tls = {
  certFile: z.string().optional(),
  tlsKeyFile: z.string().optional(),
  caFile: z.string().optional(),
};

const internal = (port: number) =>
  z
    .strictObject({
      url: urlSchema.default(`http://127.0.0.1:${port}`),
      listen: listenSchema.default(loopback(port)),
      adminListen: listenSchema.default(loopback(port + 5000)),
      ...keys,
      ...tls,
    })
    .prefault({});

/** Where the four services find each other. */
export const servicesSchema = z
  .strictObject({
    authenticate: internal(4180),
    authorize: internal(4181),
    audit: internal(4182),
    proxy: z.strictObject({ adminListen: listenSchema.default(loopback(9183)), ...keys }).prefault({}),
  })
  .prefault({});
