import * as z from 'zod/mini';
import { auditEventTypes, type AuditEventType } from './audit-event-types.ts';
import { sallyportPartSchema } from './sallyport-part.ts';
import { about } from '../text/about.ts';

/** Stages as audit.k8s.io/v1 names them. */
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

/**
 * The event's data: a superset of `Event` of audit.k8s.io/v1, so that rules written for cluster audit logs work
 * unchanged.
 */
export const auditEventSchema = z.object({
  kind: about('Always Event.', z.literal('Event')),
  apiVersion: about('Always audit.k8s.io/v1.', z.literal('audit.k8s.io/v1')),
  level: about('Always Metadata: events never contain bodies.', z.literal('Metadata')),
  auditID: about(
    "Identifies the request. All events of one request have the same, and so has the cluster's own event of it. An event that is not about a request has one of its own. Several events share it: identify an event by the ce_id header.",
    z.string(),
  ),
  stage: about(
    'RequestReceived: after the decision, before anything goes upstream. Most reads do not have it. ResponseStarted: when the head of a long response arrives. ResponseComplete: at the end.',
    z.enum(auditStages),
  ),
  requestURI: about(
    'The target of the request as the client sent it, without tokens and without the commands of an exec, at most 1,024 characters. Empty if the event is not about a request.',
    z.string(),
  ),
  verb: about(
    "The Kubernetes API server's verb for the request, the lower-case HTTP method of any other request, or what happened to a session, a policy or a directory.",
    z.string(),
  ),
  user: about(
    'The user who caused the event, as the cluster sees them. Empty if nobody is logged in.',
    z.object({
      username: about('The name of the user.', z.optional(z.string())),
      uid: about('Identifies the user: a hash of issuer and subject.', z.optional(z.string())),
      groups: about('The groups of the user.', z.optional(z.array(z.string()))),
      extra: about(
        'The extra fields that are sent to the cluster.',
        z.optional(z.record(z.string(), z.array(z.string()))),
      ),
    }),
  ),
  impersonatedUser: about(
    'The user that the request named with --as, if the gateway allowed it. The person who did it is in user.',
    z.optional(
      z.object({
        username: about('The name of that user.', z.optional(z.string())),
        uid: about('The UID of that user.', z.optional(z.string())),
        groups: about('The groups of that user.', z.optional(z.array(z.string()))),
        extra: about('The extra fields of that user.', z.optional(z.record(z.string(), z.array(z.string())))),
      }),
    ),
  ),
  sourceIPs: about("The client's IP address.", z.optional(z.array(z.string()))),
  userAgent: about('The User-Agent header of the client. Do not trust it.', z.optional(z.string())),
  objectRef: about(
    'The object that a request to a Kubernetes resource is about.',
    z.optional(
      z.object({
        resource: about('The resource, in the plural.', z.optional(z.string())),
        namespace: about(
          'The namespace. Absent if the request spans all of them, or the resource has none.',
          z.optional(z.string()),
        ),
        name: about('The name of the object. Absent if the request is about several.', z.optional(z.string())),
        apiGroup: about('The API group. Absent for the core group.', z.optional(z.string())),
        apiVersion: about('The version of the API group.', z.optional(z.string())),
        subresource: about('The subresource, such as exec or log.', z.optional(z.string())),
      }),
    ),
  ),
  responseStatus: about(
    'The response. Absent in RequestReceived.',
    z.optional(
      z.object({
        code: about('The HTTP status code.', z.optional(z.number())),
        reason: about('The reason of a refusal, as in a Kubernetes Status.', z.optional(z.string())),
        message: about(
          'The message of a refusal. For the end of a session and a failed login, the reason, which begins with a word from a closed list.',
          z.optional(z.string()),
        ),
      }),
    ),
  ),
  requestReceivedTimestamp: about('When the request arrived. RFC 3339 in UTC, with microseconds.', z.string()),
  stageTimestamp: about('When this stage was reached. RFC 3339 in UTC, with microseconds.', z.string()),
  annotations: about(
    'Not used by the gateway. Present so that rules for cluster audit logs find what they expect.',
    z.optional(z.record(z.string(), z.string())),
  ),
  sallyport: about('The members that audit.k8s.io does not have.', sallyportPartSchema),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

let compiled: typeof auditEventSchema | undefined;

/**
 * Returns the schema as code, for what reads every event: it takes a tenth of the time. It is compiled at the first call,
 * which takes some 30 ms.
 */
export const compiledEventSchema = (): typeof auditEventSchema => (compiled ??= z.compile(auditEventSchema));

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
