import { z } from 'zod';
import { machineNameSchema } from '../identity/agent-scope.ts';

/** What the name of every service account begins with as a user. No person can log in with such a name. */
export const serviceAccountPrefix = 'service-account:';

const minuteMs = 60_000;

/** `POST <api>/service-accounts`: the service account that a person asks for. */
export const serviceAccountRequestSchema = z.strictObject({
  name: machineNameSchema,
  groups: z.array(z.string().min(1).max(256)).min(1).max(100),
  lifetimeMs: z
    .number()
    .int()
    .min(minuteMs, 'must be at least a minute')
    .max(366 * 24 * 60 * minuteMs, 'must be at most a year'),
});
export type ServiceAccountRequest = z.infer<typeof serviceAccountRequestSchema>;

/** A service account as lists show it. Times are milliseconds since the epoch. */
export const serviceAccountViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  groups: z.array(z.string()),
  maker: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** To within ten minutes. Absent if it was never used. */
  lastUsedAt: z.number().optional(),
});
export type ServiceAccountView = z.infer<typeof serviceAccountViewSchema>;
