import { z } from 'zod';
import { identitySchema } from './identity.ts';

/**
 * A live login. Times are milliseconds since the epoch. The token itself is never stored: the store is keyed by its
 * SHA-256.
 */
export const sessionSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  kind: z.enum(['cli', 'browser']),
  identity: identitySchema,
  createdAt: z.number(),
  /** The absolute end, whatever the use. */
  expiresAt: z.number(),
  /** The session ends this many milliseconds after its last use. */
  idleMs: z.number().positive(),
  clientAddress: z.string().optional(),
  userAgent: z.string().optional(),
  /** Of a login that was approved in a browser elsewhere: where that was. */
  approvedFrom: z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() }).optional(),
  /**
   * What the identity provider calls its own session with the person (`sid` of the id_token): by this name it logs them
   * out.
   */
  sid: z.string().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

/**
 * Why a session ended before its time. `refused`: the identity provider no longer vouches for the person; `changed`:
 * what it says of them would not let them log in; `provider-away`: it could not be asked for too long;
 * `provider-logout`: they logged out there; `limit`: too many sessions.
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

/** What remains of a session that was ended before its time; kept for as long as the session could have lived. */
export const tombstoneSchema = z.object({
  id: z.string(),
  revokedAt: z.number(),
  by: z.string(),
  reason: z.enum(endReasons),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;
