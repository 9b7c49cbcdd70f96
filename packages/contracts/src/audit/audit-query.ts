import { z } from 'zod';
import { auditEventTypes } from './audit-event-types.ts';
import { auditRecordSchema, auditStages, type AuditRecord } from './audit-event.ts';
import { auditResults } from './audit-result.ts';

/** Stores keep this much of a value for searching. */
const longestText = 500;

/** Text that a store can hold. Any other value would never be found. */
const textSchema = z
  .string()
  .max(longestText, `is longer than ${longestText} characters`)
  .refine((text) => !text.includes('\0'), 'contains a NUL character')
  .refine((text) => text.isWellFormed(), 'is not well-formed Unicode');

/** The first characters of a UUID, which is what the gateway identifies requests and sessions by. */
const idPrefixSchema = z.string().regex(/^[0-9a-f-]{4,36}$/, 'must be 4 to 36 characters, each of them 0-9, a-f or -');

/** RFC 3339 as PostgreSQL reads it: years begin with 1, and offsets are at most 15 hours. */
const momentSchema = z.iso
  .datetime({ offset: true })
  .max(40, 'is too long for a time')
  .refine((text) => !text.startsWith('0000'), 'must not be in the year 0')
  .refine((text) => !/[+-](1[6-9]|2\d):\d\d$/.test(text), 'has an offset too far from UTC');

/** The filters of `GET /v1/events` of the audit service. All of them must match. Times are RFC 3339. */
export const auditQuerySchema = z
  .object({
    /** The id of an event (`ce_id`), or its first characters. */
    id: textSchema.optional(),
    idPrefix: idPrefixSchema.optional(),
    auditID: textSchema.optional(),
    auditIDPrefix: idPrefixSchema.optional(),
    user: textSchema.optional(),
    /** A group of the user. */
    group: textSchema.optional(),
    issuer: textSchema.optional(),
    subject: textSchema.optional(),
    session: textSchema.optional(),
    sessionPrefix: idPrefixSchema.optional(),
    cluster: textSchema.optional(),
    namespace: textSchema.optional(),
    resource: textSchema.optional(),
    subresource: textSchema.optional(),
    name: textSchema.optional(),
    verb: textSchema.optional(),
    type: z.enum(auditEventTypes).optional(),
    stage: z.enum(auditStages).optional(),
    effect: z.enum(['allow', 'deny', 'authenticate']).optional(),
    /** How a request ended. */
    result: z.enum(auditResults).optional(),
    /** The rule that decided. */
    rule: textSchema.optional(),
    /** One of the reasons for the decision, or why a stream, a session or a login ended. */
    reason: textSchema.optional(),
    /** The ID or the name of an elevation. */
    elevation: textSchema.optional(),
    /** The ID or the name of an agent. */
    agent: textSchema.optional(),
    /** The name of a workload. */
    workload: textSchema.optional(),
    /** The address of the client. */
    address: textSchema.optional(),
    /** Text in the command of an exec. Its words are separated by one space each. */
    command: textSchema.optional(),
    code: z.coerce.number().int().min(0).max(999).optional(),
    since: momentSchema.optional(),
    until: momentSchema.optional(),
    /** An opaque position: only events that were stored after it. */
    after: textSchema.optional(),
    /**
     * `requests`: each request once, by its last event, or by its first if it has not ended. What a client tried twice,
     * over WebSocket and then over SPDY, is one request if both ended alike. Pages that follow each other show what was
     * known when the first of them was read.
     */
    view: z.enum(['events', 'requests']).optional(),
    order: z.enum(['newest', 'oldest']).default('newest'),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  })
  .strict();
export type AuditQuery = z.infer<typeof auditQuerySchema>;

/** An event that was found, and what is known from it. */
export const foundRecordSchema = auditRecordSchema.extend({
  /** For the end of a request. */
  result: z.enum(auditResults).optional(),
  /** The Audit-ID of the attempt over WebSocket that the client repeated by this request. */
  retryOf: z.string().optional(),
});
export type FoundRecord = AuditRecord & Pick<z.infer<typeof foundRecordSchema>, 'result' | 'retryOf'>;

/**
 * `next` is the position after this page, in the requested order; absent on the last page. `latest` is the newest
 * position, for tailing. `scope` tells whether the caller's own events were searched, those of some clusters in addition
 * (`view`), or all.
 */
export const auditPageSchema = z.object({
  events: z.array(foundRecordSchema),
  next: z.string().optional(),
  latest: z.string().optional(),
  scope: z.enum(['own', 'clusters', 'all']).optional(),
  view: z.object({ clusters: z.array(z.string()), withoutCluster: z.boolean() }).optional(),
});
export type AuditPage = z.infer<typeof auditPageSchema>;
