import { z } from 'zod';
import { identitySchema } from './identity.ts';

/** A live login. Times are milliseconds since the epoch. The token itself is never stored: the store is keyed by its SHA-256. */
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
});
export type Session = z.infer<typeof sessionSchema>;

/** What remains of a session that was ended before its time; kept for as long as the session could have lived. */
export const tombstoneSchema = z.object({
  id: z.string(),
  revokedAt: z.number(),
  by: z.string(),
  reason: z.enum(['logout', 'revoked']),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** Published the moment a session ends. */
export const sessionChangeSchema = z.object({ type: z.literal('revoked'), sessionId: z.string(), issuer: z.string(), subject: z.string(), at: z.number() });
export type SessionChange = z.infer<typeof sessionChangeSchema>;
