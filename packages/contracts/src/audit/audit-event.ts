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

/** What is ours and audit.k8s.io does not know. */
export const sallyportPartSchema = z.object({
  cluster: z.object({ id: z.string(), name: z.string() }).optional(),
  policyVerb: z.string().optional(),
  /** All verbs to which the caller needs a right, where policy judges a request as more than one. */
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
  /** Of a login that was approved in a browser elsewhere: where that was. */
  approvedFrom: z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() }).optional(),
  /** What the client claimed in X-Forwarded-For; not to be trusted. */
  forwardedFor: z.string().optional(),
  /** Of policy events: what came into force or was refused, and why it was read. */
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
  /** Of stream events: which stream, and why the gateway ended it if it did. */
  stream: z
    .object({
      id: z.string(),
      kind: z.string(),
      reason: z.string().optional(),
      detail: z.string().optional(),
      /** At the end: payload bytes by channel, the command's exit code, and why the stream could not be read if so. */
      channels: z.record(z.string(), z.object({ fromClient: z.number(), fromServer: z.number() })).optional(),
      exitCode: z.number().optional(),
      unread: z.string().optional(),
    })
    .optional(),
  /** Of a question about a decision: what was asked, about whom if not the caller, and what came out. */
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
   * Of a change of the directory: in which source, by which token or reading, and what became of what; of many members
   * the first ones by name.
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
   * Of a request to a cluster or to the gateway's own API: its method, and of the former what its target says. `query`
   * is as it came, `proxyPath` (what a proxied request asks of what is behind) and the selectors are decoded; a text
   * that is too long has `…` between its head and its tail. `targetLength` (characters) and `targetSha256`
   * (hexadecimal) are of the whole target as it may stand in an event, and are there if it is longer than `requestURI`
   * may be.
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
   * Of one event that stands for several alike: how many (itself included), from when to when by their own times, and
   * what they have in common: the client's address (an IPv6 one as its /64), or from how many addresses they came, and
   * their cause. Everything else in the event is that of the last.
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
 * The event's data: a superset of `Event` of audit.k8s.io/v1, so that rules written for cluster audit logs read it as
 * it is.
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

/** One event with its envelope: `id` is `ce_id`, made once and kept over retries; consumers de-duplicate on it. */
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

/** The envelope's schema, for whoever reads events back. */
export const auditRecordSchema = z.object({
  id: z.string().min(1),
  type: z.enum(auditEventTypes),
  source: z.string(),
  time: z.string(),
  key: z.string(),
  data: auditEventSchema,
});
