import { z } from 'zod';
import { decisionSchema } from '../calls/check-call.ts';
import { configFaultSchema } from '../calls/replica-status.ts';
import { proofPartSchema } from './proof-part.ts';

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
      /** For a request to a web application: the length of its query, and a keyed hash of it. */
      queryHash: z.string().optional(),
      queryLength: z.number().optional(),
      /** Whom the request asks to act as, allowed or not: `user:<name>`, `group:<name>` and the like. */
      impersonate: z.array(z.string()).optional(),
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
  /** For a request to a web application: the address of its route (`from` in the configuration). */
  route: z.string().optional(),
  /** For a request that a web application sends to a cluster for its user: the address of the application's route. */
  application: z.string().optional(),
  /** The elevation that the request used (of several: break-glass, or the first), or that an elevation event is about. */
  elevation: z
    .object({
      id: z.string(),
      name: z.string(),
      expiresAt: z.string().optional(),
      /** For an approval, if each of several sets of people must approve: those of the approver. */
      approvedFor: z.array(z.string()).optional(),
      approvers: z.array(z.string()).optional(),
      ticket: z.string().optional(),
      /** For an elevation event: who asked, why, and for what. */
      user: z.string().optional(),
      reason: z.string().optional(),
      namespace: z.string().optional(),
      groups: z.array(z.string()).optional(),
      /** True for break-glass: it began without an approval. */
      breakGlass: z.boolean().optional(),
      /** For an elevation event: by when it must be reviewed, once that is known, and the verdict of a review. */
      review: z.object({ dueAt: z.string().optional(), verdict: z.string().optional() }).optional(),
    })
    .optional(),
  /** All elevations that the request used, if there were several. */
  elevations: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  /** For a notification that was given up: its channel, the event that it is about, and how often it was tried. */
  notification: z.object({ channel: z.string(), eventId: z.string(), type: z.string(), tries: z.number() }).optional(),
  /** For a `kubectl cp`: the path in the container, and what was copied. */
  copy: z.object({ path: z.string(), bytes: z.number().optional(), sha256: z.string().optional() }).optional(),
  recording: z.object({ id: z.string(), sha256: z.string().optional() }).optional(),
  /** The agent that makes the request for the user. `id` is that of its session. */
  agent: z.object({ id: z.string(), name: z.string() }).optional(),
  /** For the session of a workload: its name in the configuration, and where it begins, the verified token. */
  workload: z
    .object({
      name: z.string(),
      issuer: z.string().optional(),
      subject: z.string().optional(),
      audience: z.string().optional(),
      jti: z.string().optional(),
      /** The claims that the configuration matches, with their values. */
      claims: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  ...proofPartSchema.shape,
  detail: z.string().optional(),
});
export type SallyportPart = z.infer<typeof sallyportPartSchema>;
