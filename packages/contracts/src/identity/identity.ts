import * as z from 'zod/mini';

/**
 * A user as the identity provider asserted them. `issuer` and `subject` together are the only stable key (OpenID
 * Connect Core 5.7).
 */
export const identitySchema = z.object({
  provider: z.string(),
  issuer: z.string(),
  subject: z.string(),
  user: z.string().check(z.minLength(1)),
  email: z.optional(z.string()),
  /**
   * Addresses that the provider sent and has not verified. Only the question whether two accounts belong to one person
   * reads them: they give nothing, and are in no answer and no event. Absent with a verified address and no other, and
   * in identities of earlier versions.
   */
  asserted: z.optional(z.array(z.string())),
  name: z.optional(z.string()),
  groups: z.array(z.string()),
  claims: z.record(z.string(), z.unknown()),
  amr: z.array(z.string()),
  /** The authentication context class: the id_token's `acr`. */
  acr: z.optional(z.string()),
  /** Seconds since the epoch, as in the id_token's `auth_time`. */
  authTime: z.optional(z.number()),
});
export type Identity = z.infer<typeof identitySchema>;
