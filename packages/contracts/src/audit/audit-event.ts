import { z } from 'zod';
import { decisionSchema } from '../calls/check-call.ts';
import { configFaultSchema } from '../calls/replica-status.ts';

/** Event types, `ce_type` of CloudEvents 1.0. */
export const auditEventTypes = [
  'k8s.request',
  'http.request',
  'session.login',
  'session.refreshed',
  'session.revoked',
  'session.ended',
  'session.expired',
  'login.failed',
  'policy.changed',
  'policy.rejected',
  'directory.changed',
  'directory.refused',
  'request.unparsable',
  'stream.opened',
  'stream.cut',
  'stream.closed',
] as const;
export type AuditEventType = (typeof auditEventTypes)[number];

/** Stages as audit.k8s.io/v1 names them. */
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

const userSchema = z.object({
  username: z.string().optional(),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});

/** The members that audit.k8s.io does not have. */
export const sallyportPartSchema = z.object({
  cluster: z.object({ id: z.string(), name: z.string() }).optional(),
  policyVerb: z.string().optional(),
  /** All verbs as which the request must be allowed, if there is more than one. */
  policyVerbs: z.array(z.string()).optional(),
  sessionId: z.string().optional(),
  credentialKind: z.string().optional(),
  identity: z
    .object({
      iss: z.string(),
      sub: z.string(),
      email: z.string().optional(),
      groups: z.array(z.string()),
      amr: z.array(z.string()).optional(),
      authTime: z.number().optional(),
    })
    .optional(),
  decision: decisionSchema.optional(),
  droppedGroups: z.array(z.string()).optional(),
  exec: z
    .object({ container: z.string(), command: z.array(z.string()), tty: z.boolean(), stdin: z.boolean() })
    .optional(),
  invocation: z.object({ kubectlSession: z.string().optional(), kubectlCommand: z.string().optional() }).optional(),
  bytesIn: z.number().optional(),
  bytesOut: z.number().optional(),
  durationMs: z.number().optional(),
  upstreamMs: z.number().optional(),
  protocol: z.string().optional(),
  clientAddress: z.string().optional(),
  /** For a login that was approved in a browser elsewhere: the address and user agent of that browser. */
  approvedFrom: z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() }).optional(),
  /** The X-Forwarded-For header of the client. Do not trust it. */
  forwardedFor: z.string().optional(),
  /** For policy events: the policy that came into force or was refused, and what triggered the reload. */
  policy: z
    .object({
      version: z.string().optional(),
      previous: z.string().optional(),
      rules: z.number().optional(),
      clusters: z.number().optional(),
      trigger: z.string(),
      faults: z.array(configFaultSchema).optional(),
    })
    .optional(),
  /** For stream events: the stream, and why the gateway ended it, if it did. */
  stream: z
    .object({
      id: z.string(),
      kind: z.string(),
      reason: z.string().optional(),
      detail: z.string().optional(),
      /** At the end: payload bytes by channel, the exit code, and why the stream could not be parsed, if so. */
      channels: z.record(z.string(), z.object({ fromClient: z.number(), fromServer: z.number() })).optional(),
      exitCode: z.number().optional(),
      unread: z.string().optional(),
    })
    .optional(),
  /** For an explanation: the request, the user if it is not the caller, and the decision. */
  explained: z
    .object({
      cluster: z.string(),
      verb: z.string(),
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      path: z.string().optional(),
      about: z.string().optional(),
      effect: z.string().optional(),
      rule: z.string().optional(),
      shows: z.string().optional(),
    })
    .optional(),
  /**
   * For a change of the directory: the source, the token or sync that made the change, and the change itself. Of many
   * members only the first ones by name are listed.
   */
  directory: z
    .object({
      source: z.string().optional(),
      by: z.string().optional(),
      kind: z.string().optional(),
      id: z.string().optional(),
      name: z.string().optional(),
      active: z.boolean().optional(),
      added: z.array(z.string()).optional(),
      removed: z.array(z.string()).optional(),
      addedCount: z.number().optional(),
      removedCount: z.number().optional(),
    })
    .optional(),
  /**
   * For a request to a cluster or to the gateway's own API: its method, and for a cluster the parts of its target.
   * `query` is as received. `proxyPath` (the path that a proxied request asks the backend for) and the selectors are
   * decoded. A text that is too long has `…` between its head and its tail. `targetLength` (characters) and
   * `targetSha256` (hexadecimal) are of the whole target as an event may contain it. They are set if it is longer than
   * `requestURI` may be.
   */
  request: z
    .object({
      method: z.string(),
      query: z.string().optional(),
      labelSelector: z.string().optional(),
      fieldSelector: z.string().optional(),
      proxyPath: z.string().optional(),
      targetSha256: z.string().optional(),
      targetLength: z.number().optional(),
    })
    .optional(),
  portForward: z
    .object({
      ports: z.array(
        z.object({ port: z.number(), connections: z.number(), fromClient: z.number(), fromServer: z.number() }),
      ),
    })
    .optional(),
  /**
   * For one event that represents several similar ones: how many (itself included), their first and last times, and
   * what they have in common: the client's address (an IPv6 one as its /64) or the number of addresses, and their
   * cause. Everything else in the event is from the last of them.
   */
  aggregated: z
    .object({
      count: z.number(),
      firstTimestamp: z.string(),
      lastTimestamp: z.string(),
      address: z.string().optional(),
      addresses: z.number().optional(),
      cause: z.string().optional(),
    })
    .optional(),
  producer: z.string(),
  detail: z.string().optional(),
});
export type SallyportPart = z.infer<typeof sallyportPartSchema>;

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
