import * as z from 'zod/mini';

/**
 * The answer to `GET /.sallyport/api/v1/audit/keys`: a JWKS (RFC 7517, RFC 8037) of the public keys that sign checkpoints.
 * The first key is the one in use. Each `kid` is the RFC 7638 thumbprint of its key.
 */
export const auditKeysSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      alg: z.literal('EdDSA'),
      use: z.literal('sig'),
    }),
  ),
});
export type AuditKeys = z.infer<typeof auditKeysSchema>;
