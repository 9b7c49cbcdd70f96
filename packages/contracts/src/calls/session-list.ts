import * as z from 'zod/mini';
import { sessionKindSchema } from '../identity/session.ts';

/** One session in a list. Times are milliseconds since the epoch. A list never contains a token. */
const sessionSummarySchema = z.object({
  id: z.string(),
  kind: sessionKindSchema,
  user: z.string(),
  provider: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  idleEndsAt: z.number(),
  clientAddress: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  /** Whether the caller uses this session for the call. */
  current: z.boolean(),
});
export type SessionSummary = z.infer<typeof sessionSummarySchema>;

/** `GET /v1/sessions` of authenticate, as far as the gateway itself reads it. */
export const sessionListSchema = z.object({ sessions: z.array(sessionSummarySchema) });
