import * as z from 'zod/mini';
import { machineNameSchema } from '../identity/agent-scope.ts';

/** What the name of every service account begins with as a user. No person can log in with such a name. */
export const serviceAccountPrefix = 'service-account:';

const minuteMs = 60_000;

/** `POST <api>/service-accounts`: the service account that a person asks for. */
export const serviceAccountRequestSchema = z.strictObject({
  name: machineNameSchema,
  groups: z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.minLength(1), z.maxLength(100)),
  lifetimeMs: z
    .number()
    .check(
      z.int(),
      z.minimum(minuteMs, 'must be at least a minute'),
      z.maximum(366 * 24 * 60 * minuteMs, 'must be at most a year'),
    ),
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
  lastUsedAt: z.optional(z.number()),
});
export type ServiceAccountView = z.infer<typeof serviceAccountViewSchema>;

/** A name of a service account as lists show it: whom it belongs to, and whether an account has it now. */
export const serviceAccountNameSchema = z.object({
  name: z.string(),
  holder: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  inUse: z.boolean(),
});
export type ServiceAccountName = z.infer<typeof serviceAccountNameSchema>;

/**
 * `POST <api>/service-account-names`: names that belong to someone since before the gateway kept them. `uid` is that of
 * the account in the audit trail.
 */
export const assignNamesRequestSchema = z.strictObject({
  names: z
    .array(
      z.strictObject({
        name: machineNameSchema,
        uid: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
        user: z.string().check(z.minLength(1), z.maxLength(256)),
      }),
    )
    .check(z.minLength(1), z.maxLength(25)),
});
export type AssignNamesRequest = z.infer<typeof assignNamesRequestSchema>;

/** What became of a name: given, held by the same account already, or held by another, which is named. */
export const assignedNameSchema = z.object({
  name: z.string(),
  outcome: z.enum(['given', 'held', 'of-another']),
  holder: z.string(),
});
export type AssignedName = z.infer<typeof assignedNameSchema>;
