import * as z from 'zod/mini';

/**
 * That everything ends that people were given for a time, such as elevations. `of` says whose: an account, whom a source of
 * the directory knows by a key, everybody with a user name, or everybody. `at` is in milliseconds since the epoch.
 */
export const rightsEndSchema = z.object({
  of: z.union([
    z.object({ issuer: z.string(), subject: z.string() }),
    z.object({ source: z.string(), key: z.string() }),
    z.object({ user: z.string() }),
    z.literal('everybody'),
  ]),
  /** `deactivated`: the person may not log in any more. `revoked`: all of their sessions were ended. */
  reason: z.enum(['deactivated', 'revoked']),
  at: z.number(),
});
export type RightsEnd = z.infer<typeof rightsEndSchema>;
