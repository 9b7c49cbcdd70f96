import { z } from 'zod';
import { auditEventTypes, type AuditEventType } from './audit-event-types.ts';
import { sallyportPartSchema } from './sallyport-part.ts';

/** Stages as audit.k8s.io/v1 names them. */
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

const userSchema = z.object({
  username: z.string().optional(),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
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
  impersonatedUser: userSchema.optional(),
  sourceIPs: z.array(z.string()).optional(),
  userAgent: z.string().optional(),
  objectRef: z
    .object({
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      apiGroup: z.string().optional(),
      apiVersion: z.string().optional(),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z
    .object({ code: z.number().optional(), reason: z.string().optional(), message: z.string().optional() })
    .optional(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
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
  id: z.string().min(1),
  type: z.enum(auditEventTypes),
  source: z.string(),
  time: z.string(),
  key: z.string(),
  data: auditEventSchema,
});
