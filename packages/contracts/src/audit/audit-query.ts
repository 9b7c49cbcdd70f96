import { z } from 'zod';
import { auditRecordSchema } from './audit-event.ts';

/** As much of a value as is kept where it can be searched. */
const longestText = 500;

/** Text as a store can hold it; another value could never be found. */
const textSchema = z
  .string()
  .max(longestText, `is longer than ${longestText} characters`)
  .refine((text) => !text.includes('\0'), 'contains a NUL character')
  .refine((text) => text.isWellFormed(), 'contains half a character');

/** RFC 3339 as PostgreSQL reads it: its years begin with 1, and no place on earth is further than 15 hours from UTC. */
const momentSchema = z.iso
  .datetime({ offset: true })
  .max(40, 'is longer than any time')
  .refine((text) => !text.startsWith('0000'), 'has no year 0')
  .refine((text) => !/[+-](1[6-9]|2\d):\d\d$/.test(text), 'is too far from UTC');

/** What `GET /v1/events` of the audit service filters by; all given conditions must hold. Times are RFC 3339. */
export const auditQuerySchema = z
  .object({
    auditID: textSchema.optional(),
    user: textSchema.optional(),
    issuer: textSchema.optional(),
    subject: textSchema.optional(),
    session: textSchema.optional(),
    cluster: textSchema.optional(),
    namespace: textSchema.optional(),
    resource: textSchema.optional(),
    subresource: textSchema.optional(),
    name: textSchema.optional(),
    verb: textSchema.optional(),
    type: textSchema.optional(),
    stage: textSchema.optional(),
    effect: z.enum(['allow', 'deny', 'authenticate']).optional(),
    code: z.coerce.number().int().min(0).max(999).optional(),
    since: momentSchema.optional(),
    until: momentSchema.optional(),
    /** Opaque place to go on from: events that the store took in after it. */
    after: textSchema.optional(),
    order: z.enum(['newest', 'oldest']).default('newest'),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  })
  .strict();
export type AuditQuery = z.infer<typeof auditQuerySchema>;

/**
 * `next` goes on where this page ended (in the order asked for); absent on the last page. `latest` is the newest place
 * known, for tailing. `scope` says whose events were searched: the caller's own, or everybody's.
 */
export const auditPageSchema = z.object({
  events: z.array(auditRecordSchema),
  next: z.string().optional(),
  latest: z.string().optional(),
  scope: z.enum(['own', 'all']).optional(),
});
export type AuditPage = z.infer<typeof auditPageSchema>;
