import { z } from 'zod';

/**
 * A user as the identity provider asserted them. `issuer` and `subject` together are the only stable key (OpenID
 * Connect Core 5.7).
 */
export const identitySchema = z.object({
  provider: z.string(),
  issuer: z.string(),
  subject: z.string(),
  user: z.string().min(1),
  email: z.string().optional(),
  /**
   * Addresses that the provider sent and has not verified. Only the question whether two accounts belong to one person
   * reads them: they give nothing, and are in no answer and no event. Absent with a verified address and no other, and
   * in identities of earlier versions.
   */
  asserted: z.array(z.string()).optional(),
  name: z.string().optional(),
  groups: z.array(z.string()),
  claims: z.record(z.string(), z.unknown()),
  amr: z.array(z.string()),
  /** The authentication context class: the id_token's `acr`. */
  acr: z.string().optional(),
  /** Seconds since the epoch, as in the id_token's `auth_time`. */
  authTime: z.number().optional(),
});
export type Identity = z.infer<typeof identitySchema>;
