import * as z from 'zod/mini';
import { optionalText, timeSchema } from './parts.ts';

/** `GET <api>/sessions`. */
export const sessionsSchema = z.object({
  sessions: z.array(
    z.looseObject({
      id: z.string(),
      kind: optionalText,
      user: optionalText,
      identity: z.optional(z.looseObject({ user: optionalText })),
      createdAt: z.optional(timeSchema),
      expiresAt: z.optional(timeSchema),
      idleEndsAt: z.optional(timeSchema),
      provider: optionalText,
      clientAddress: optionalText,
      userAgent: optionalText,
      current: z.optional(z.boolean()),
    }),
  ),
  /** Whether the caller may list the sessions of all users. */
  maySeeAll: z.optional(z.boolean()),
});
export type SessionRow = z.infer<typeof sessionsSchema>['sessions'][number];

/** `DELETE <api>/sessions`: the number of sessions that were revoked, and whether that is recorded yet. */
export const revokedSchema = z.object({
  revoked: z.number(),
  serviceAccountsLeft: z.optional(z.number()),
  recorded: z.optional(z.boolean()),
});

/** The end of one session, agent or service account, if it is not recorded yet. Otherwise the answer has no body. */
export const unrecordedSchema = z.object({ recorded: z.boolean() });
