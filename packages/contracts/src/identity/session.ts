import { z } from 'zod';
import { identitySchema } from './identity.ts';

/** A live login. Times are milliseconds since the epoch. The token itself is never stored: its SHA-256 is the key. */
export const sessionSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  kind: z.enum(['cli', 'browser']),
  identity: identitySchema,
  createdAt: z.number(),
  /** The absolute end, even if the session is in use. */
  expiresAt: z.number(),
  /** The session ends this many milliseconds after its last use. */
  idleMs: z.number().positive(),
  clientAddress: z.string().optional(),
  userAgent: z.string().optional(),
  /** For a login that was approved in a browser elsewhere: the address and user agent of that browser. */
  approvedFrom: z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() }).optional(),
  /** The identity provider's own session with the user (`sid` of the id_token). A back-channel logout refers to it. */
  sid: z.string().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

/**
 * Why a session ended early. `refused`: the identity provider rejected the refresh. `changed`: with their new claims
 * the user could not log in. `provider-away`: the provider could not be reached for too long. `provider-logout`: the
 * user logged out at the provider. `limit`: the user has too many sessions.
 */
export const endReasons = [
  'logout',
  'revoked',
  'refused',
  'changed',
  'provider-away',
  'provider-logout',
  'limit',
  'deactivated',
] as const;
export type EndReason = (typeof endReasons)[number];

/** What remains of a session that was ended early. It is kept for as long as the session could have lasted. */
export const tombstoneSchema = z.object({
  id: z.string(),
  revokedAt: z.number(),
  by: z.string(),
  reason: z.enum(endReasons),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;
