import * as z from 'zod/mini';
import { auditEventTypes, type AuditEventType } from './audit-event-types.ts';
import { sallyportPartSchema } from './sallyport-part.ts';

/** Stages as audit.k8s.io/v1 names them. */
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

const userSchema = z.object({
  username: z.optional(z.string()),
  uid: z.optional(z.string()),
  groups: z.optional(z.array(z.string())),
  extra: z.optional(z.record(z.string(), z.array(z.string()))),
});

/**
 * The event's data: a superset of `Event` of audit.k8s.io/v1, so that rules written for cluster audit logs work
 * unchanged.
 */
export const auditEventSchema = z.object({
  kind: z.literal('Event'),
  apiVersion: z.literal('audit.k8s.io/v1'),
  level: z.literal('Metadata'),
  auditID: z.string(),
  stage: z.enum(auditStages),
  requestURI: z.string(),
  verb: z.string(),
  user: userSchema,
  /** The user that the request named with `--as`, if the gateway allowed it. `user` is the person who did it. */
  impersonatedUser: z.optional(userSchema),
  sourceIPs: z.optional(z.array(z.string())),
  userAgent: z.optional(z.string()),
  objectRef: z.optional(
    z.object({
      resource: z.optional(z.string()),
      namespace: z.optional(z.string()),
      name: z.optional(z.string()),
      apiGroup: z.optional(z.string()),
      apiVersion: z.optional(z.string()),
      subresource: z.optional(z.string()),
    }),
  ),
  responseStatus: z.optional(
    z.object({ code: z.optional(z.number()), reason: z.optional(z.string()), message: z.optional(z.string()) }),
  ),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
  annotations: z.optional(z.record(z.string(), z.string())),
  sallyport: sallyportPartSchema,
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** One event with its envelope. `id` is `ce_id`: it stays the same over retries, and consumers deduplicate by it. */
export type AuditRecord = {
  id: string;
  type: AuditEventType;
  /** `ce_source`, for example `sallyport/proxy`. */
  source: string;
  /** RFC 3339. */
  time: string;
  /** Kafka key: `<cluster>/<session>`. */
  key: string;
  data: AuditEvent;
};

/** The schema of the envelope, for consumers. */
export const auditRecordSchema = z.object({
  id: z.string().check(z.minLength(1)),
  type: z.enum(auditEventTypes),
  source: z.string(),
  time: z.string(),
  key: z.string(),
  data: auditEventSchema,
});
