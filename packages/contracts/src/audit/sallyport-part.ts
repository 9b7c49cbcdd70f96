import * as z from 'zod/mini';
import { decisionSchema } from '../policy/decision.ts';
import { configFaultSchema } from '../policy/config-fault.ts';
import { proofPartSchema } from './proof-part.ts';

/** The members that audit.k8s.io does not have. */
export const sallyportPartSchema = z.object({
  cluster: z.optional(z.object({ id: z.string(), name: z.string() })),
  policyVerb: z.optional(z.string()),
  /** All verbs as which the request must be allowed, if there is more than one. */
  policyVerbs: z.optional(z.array(z.string())),
  sessionId: z.optional(z.string()),
  credentialKind: z.optional(z.string()),
  identity: z.optional(
    z.object({
      iss: z.string(),
      sub: z.string(),
      email: z.optional(z.string()),
      groups: z.array(z.string()),
      amr: z.optional(z.array(z.string())),
      authTime: z.optional(z.number()),
    }),
  ),
  /** `judgedAs` is the name of `evaluatedAs` in events before version 0.2.0. */
  decision: z.optional(z.extend(decisionSchema, { judgedAs: z.optional(z.string()) })),
  droppedGroups: z.optional(z.array(z.string())),
  exec: z.optional(
    z.object({ container: z.string(), command: z.array(z.string()), tty: z.boolean(), stdin: z.boolean() }),
  ),
  invocation: z.optional(z.object({ kubectlSession: z.optional(z.string()), kubectlCommand: z.optional(z.string()) })),
  bytesIn: z.optional(z.number()),
  bytesOut: z.optional(z.number()),
  durationMs: z.optional(z.number()),
  upstreamMs: z.optional(z.number()),
  protocol: z.optional(z.string()),
  clientAddress: z.optional(z.string()),
  /** For a login that was approved in a browser elsewhere: the address and user agent of that browser. */
  approvedFrom: z.optional(z.object({ clientAddress: z.optional(z.string()), userAgent: z.optional(z.string()) })),
  /** The X-Forwarded-For header of the client. Do not trust it. */
  forwardedFor: z.optional(z.string()),
  /** For policy events: the policy that came into force or was refused, and what triggered the reload. */
  policy: z.optional(
    z.object({
      version: z.optional(z.string()),
      previous: z.optional(z.string()),
      rules: z.optional(z.number()),
      clusters: z.optional(z.number()),
      trigger: z.string(),
      faults: z.optional(z.array(configFaultSchema)),
    }),
  ),
  /** For stream events: the stream, and why the gateway ended it, if it did. */
  stream: z.optional(
    z.object({
      id: z.string(),
      kind: z.string(),
      reason: z.optional(z.string()),
      detail: z.optional(z.string()),
      /** At the end: payload bytes by channel, the exit code, and why the stream could not be parsed, if so. */
      channels: z.optional(z.record(z.string(), z.object({ fromClient: z.number(), fromServer: z.number() }))),
      exitCode: z.optional(z.number()),
      unread: z.optional(z.string()),
    }),
  ),
  /** For an explanation: the request, the user if it is not the caller, and the decision. */
  explained: z.optional(
    z.object({
      cluster: z.string(),
      verb: z.string(),
      resource: z.optional(z.string()),
      namespace: z.optional(z.string()),
      name: z.optional(z.string()),
      path: z.optional(z.string()),
      about: z.optional(z.string()),
      effect: z.optional(z.string()),
      rule: z.optional(z.string()),
      shows: z.optional(z.string()),
    }),
  ),
  /**
   * For a change of the directory: the source, the token or sync that made the change, and the change itself. Of many
   * members only the first ones by name are listed.
   */
  directory: z.optional(
    z.object({
      source: z.optional(z.string()),
      by: z.optional(z.string()),
      kind: z.optional(z.string()),
      id: z.optional(z.string()),
      name: z.optional(z.string()),
      active: z.optional(z.boolean()),
      added: z.optional(z.array(z.string())),
      removed: z.optional(z.array(z.string())),
      addedCount: z.optional(z.number()),
      removedCount: z.optional(z.number()),
    }),
  ),
  /**
   * For a request to a cluster or to the gateway's own API: its method, and for a cluster the parts of its target.
   * `query` is as received. `proxyPath` (the path that a proxied request asks the backend for) and the selectors are
   * decoded. A text that is too long has `…` between its head and its tail. `targetLength` (characters) and
   * `targetSha256` (hexadecimal) are of the whole target as an event may contain it. They are set if it is longer than
   * `requestURI` may be.
   */
  request: z.optional(
    z.object({
      method: z.string(),
      query: z.optional(z.string()),
      labelSelector: z.optional(z.string()),
      fieldSelector: z.optional(z.string()),
      proxyPath: z.optional(z.string()),
      /** For a request to a web application: the length of its query, and a keyed hash of it. */
      queryHash: z.optional(z.string()),
      queryLength: z.optional(z.number()),
      /** Whom the request asks to act as, allowed or not: `user:<name>`, `group:<name>` and the like. */
      impersonate: z.optional(z.array(z.string())),
      targetSha256: z.optional(z.string()),
      targetLength: z.optional(z.number()),
    }),
  ),
  portForward: z.optional(
    z.object({
      ports: z.array(
        z.object({ port: z.number(), connections: z.number(), fromClient: z.number(), fromServer: z.number() }),
      ),
    }),
  ),
  /**
   * For one event that represents several similar ones: how many (itself included), their first and last times, and
   * what they have in common: the client's address (an IPv6 one as its /64) or the number of addresses, and their
   * cause. Everything else in the event is from the last of them.
   */
  aggregated: z.optional(
    z.object({
      count: z.number(),
      firstTimestamp: z.string(),
      lastTimestamp: z.string(),
      address: z.optional(z.string()),
      addresses: z.optional(z.number()),
      cause: z.optional(z.string()),
    }),
  ),
  /** For a request to a web application: the address of its route (`from` in the configuration). */
  route: z.optional(z.string()),
  /** For a request that a web application sends to a cluster for its user: the address of the application's route. */
  application: z.optional(z.string()),
  /** The elevation that the request used (of several: break-glass, or the first), or that an elevation event is about. */
  elevation: z.optional(
    z.object({
      id: z.string(),
      name: z.string(),
      expiresAt: z.optional(z.string()),
      /** For an approval, if each of several sets of people must approve: those of the approver. */
      approvedFor: z.optional(z.array(z.string())),
      approvers: z.optional(z.array(z.string())),
      ticket: z.optional(z.string()),
      /** For an elevation event: who asked, why, and for what. */
      user: z.optional(z.string()),
      reason: z.optional(z.string()),
      namespace: z.optional(z.string()),
      groups: z.optional(z.array(z.string())),
      /** True for break-glass: it began without an approval. */
      breakGlass: z.optional(z.boolean()),
      /** For an elevation event: by when it must be reviewed, once that is known, and the verdict of a review. */
      review: z.optional(z.object({ dueAt: z.optional(z.string()), verdict: z.optional(z.string()) })),
    }),
  ),
  /** All elevations that the request used, if there were several. */
  elevations: z.optional(z.array(z.object({ id: z.string(), name: z.string() }))),
  /** For a notification that was given up: its channel, the event that it is about, and how often it was tried. */
  notification: z.optional(z.object({ channel: z.string(), eventId: z.string(), type: z.string(), tries: z.number() })),
  /** For a `kubectl cp`: the path in the container, and what was copied. */
  copy: z.optional(z.object({ path: z.string(), bytes: z.optional(z.number()), sha256: z.optional(z.string()) })),
  recording: z.optional(z.object({ id: z.string(), sha256: z.optional(z.string()) })),
  /** The agent that makes the request for the user. `id` is that of its session. */
  agent: z.optional(z.object({ id: z.string(), name: z.string() })),
  /** For the session of a workload: its name in the configuration, and where it begins, the verified token. */
  workload: z.optional(
    z.object({
      name: z.string(),
      issuer: z.optional(z.string()),
      subject: z.optional(z.string()),
      audience: z.optional(z.string()),
      jti: z.optional(z.string()),
      /** The claims that the configuration matches, with their values. */
      claims: z.optional(z.record(z.string(), z.string())),
    }),
  ),
  ...proofPartSchema.shape,
  detail: z.optional(z.string()),
});
export type SallyportPart = z.infer<typeof sallyportPartSchema>;
