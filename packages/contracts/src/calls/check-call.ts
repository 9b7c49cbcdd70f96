import * as z from 'zod/mini';
import { identitySchema } from '../identity/identity.ts';
import { sessionKindSchema } from '../identity/session.ts';
import { apiAreas, decisionSchema } from '../policy/decision.ts';
import { maxImpersonationTargets } from '../kubernetes/impersonation-targets.ts';

// POST /v1/check: a list of checks, and a list of answers in the same order. Or, at the same address, a connection for
// records (`checkProtocol`), each of which is a question or its answer.

const notEmpty = 'must be a string that is not empty';

/** The SHA-256 of the caller's token, in base64url. The token itself never leaves the proxy. */
export const credentialSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({
    kind: z.literal('token'),
    hash: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 in base64url')),
    /** The origin of the web application that acts with the session, for one of the clusters that its route names. */
    application: z.optional(
      z.string(notEmpty).check(z.minLength(1, notEmpty), z.maxLength(300, 'must have at most 300 characters')),
    ),
  }),
]);
export type CheckCredential = z.infer<typeof credentialSchema>;

export const checkTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cluster'), name: z.string() }),
  /** A web application, by the host name of its route. */
  z.object({ kind: z.literal('route'), host: z.string() }),
  /**
   * The gateway's own API: `api.policy` decides who may act on what belongs to other users. `serviceAccount` is the name
   * of one that the caller asks to create. In the area recordings, `cluster` is where the recorded session was, and
   * `kubernetes` of the check is the request that opened it.
   */
  z.object({
    kind: z.literal('api'),
    area: z.enum(apiAreas),
    serviceAccount: z.optional(z.string()),
    cluster: z.optional(z.string()),
  }),
  /** Identifies the caller only: any live session is allowed. */
  z.object({ kind: z.literal('self') }),
]);
export type CheckTarget = z.infer<typeof checkTargetSchema>;

/**
 * A Kubernetes request. `verb` is the one that policies evaluate, `requestVerb` the one that the API server computes.
 */
export const kubernetesAttributesSchema = z.object({
  verb: z.string(),
  requestVerb: z.string(),
  isResourceRequest: z.boolean(),
  path: z.string(),
  apiGroup: z.string(),
  apiVersion: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  labelSelector: z.optional(z.string()),
  fieldSelector: z.optional(z.string()),
  dryRun: z.optional(z.boolean()),
  /**
   * Whether the kind is namespaced. Absent means unknown: a request without a namespace then counts as one that spans
   * all of them.
   */
  namespaced: z.optional(z.boolean()),
  /**
   * False only if the API server certainly serves the kind itself. Absent means unknown, which counts as aggregated.
   */
  aggregated: z.optional(z.boolean()),
  /** True if an update or patch can create the object. */
  upsert: z.optional(z.boolean()),
  /** True if the request asks to upgrade its connection. */
  upgrade: z.optional(z.boolean()),
  /** Whom the request asks to act as (`kubectl --as`), as `writeImpersonationTargets` has it. */
  impersonate: z.optional(z.array(z.string()).check(z.minLength(1), z.maxLength(maxImpersonationTargets))),
  exec: z.optional(
    z.object({ container: z.string(), command: z.array(z.string()), tty: z.boolean(), stdin: z.boolean() }),
  ),
});
export type KubernetesAttributes = z.infer<typeof kubernetesAttributesSchema>;

/**
 * The certificate that the client presented in the TLS handshake, in PEM. `valid`: its chain leads to a client CA that
 * the gateway trusts. Absent if the gateway does not request one.
 */
export const clientCertificateSchema = z.object({
  presented: z.boolean(),
  leaf: z.optional(z.string()),
  valid: z.optional(z.boolean()),
});
export type ClientCertificate = z.infer<typeof clientCertificateSchema>;

export const checkedRequestSchema = z.object({
  method: z.string(),
  path: z.string(),
  host: z.string(),
  ip: z.string(),
  /** Only those that policies use, by lower-case name. */
  headers: z.optional(z.record(z.string(), z.string())),
  clientCertificate: z.optional(clientCertificateSchema),
});

export type CheckedRequest = z.infer<typeof checkedRequestSchema>;

/** How many elevations a check may name. */
export const maxElevations = 20;

export const checkSchema = z.object({
  credential: credentialSchema,
  target: checkTargetSchema,
  request: checkedRequestSchema,
  kubernetes: z.optional(kubernetesAttributesSchema),
  /**
   * False if the check is for something that continues by itself, such as an open watch. It then does not keep an idle
   * session alive.
   */
  use: z.optional(z.boolean()),
  /** If something is open already: the IDs of the elevations with which it was allowed. The answer says if one has ended. */
  elevations: z.optional(z.array(z.string()).check(z.maxLength(maxElevations))),
});
export type Check = z.infer<typeof checkSchema>;

/** Which check of the batch, by its place, belongs to which span. A batch has checks of several requests. */
export const checkTraceSchema = z.object({ check: z.int().check(z.minimum(0)), traceparent: z.string() });
export type CheckTrace = z.infer<typeof checkTraceSchema>;
export const checkRequestSchema = z.object({
  checks: z.array(checkSchema).check(z.minLength(1), z.maxLength(1024)),
  /** The spans of those checks that are traced. */
  traces: z.optional(z.array(checkTraceSchema).check(z.maxLength(1024))),
});
export type CheckRequest = z.infer<typeof checkRequestSchema>;

/** The protocol of a connection for checks, for its upgrade (RFC 9110, 7.8). */
export const checkProtocol = 'sallyport-checks/1';
/** How many questions may be open on such a connection. */
export const maxOpenQuestions = 256;
/** How many bytes a question may have, and an answer. */
export const maxQuestionBytes = 1024 * 1024;
export const maxAnswerBytes = 16 * 1024 * 1024;
/** A question on such a connection. `traceparent` is the span of the check, if that is traced. */
export const questionSchema = z.object({ check: checkSchema, traceparent: z.optional(z.string()) });
export type Question = z.infer<typeof questionSchema>;

/**
 * The identity that is sent upstream (Kubernetes user impersonation). `droppedGroups` are the groups that the settings
 * of the cluster hold back.
 */
export const impersonationSchema = z.object({
  user: z.string(),
  uid: z.string(),
  groups: z.array(z.string()),
  extra: z.record(z.string(), z.array(z.string())),
  droppedGroups: z.array(z.string()),
});
export type Impersonation = z.infer<typeof impersonationSchema>;

export const checkAnswerSchema = z.object({
  decision: decisionSchema,
  /**
   * The problem to answer with, and its message for the caller. Set unless the effect is allow. `ruleMessage` is what the
   * rule that refused says to the person, and `suggestion` how to ask for an elevation that would help. `detail` contains
   * both.
   */
  problem: z.optional(
    z.object({
      code: z.string(),
      detail: z.string(),
      ruleMessage: z.optional(z.string()),
      suggestion: z.optional(z.string()),
    }),
  ),
  /** Set if the session store has never heard of the credential, or no longer knows it. A revoked one is known. */
  credential: z.optional(z.literal('unknown')),
  /** Set if the caller must not learn whether there is such a cluster. */
  cluster: z.optional(z.literal('unknown')),
  /** Times are milliseconds since the epoch. `idleEndsAt` is set only if the check did not count as use. */
  session: z.optional(
    z.object({
      id: z.string(),
      kind: sessionKindSchema,
      expiresAt: z.number(),
      idleEndsAt: z.optional(z.number()),
    }),
  ),
  identity: z.optional(z.omit(identitySchema, { claims: true })),
  /** The agent that makes the request for the user. `id` is that of its session. */
  agent: z.optional(z.object({ id: z.string(), name: z.string() })),
  impersonation: z.optional(impersonationSchema),
  /**
   * Whether the session that the request opens must be recorded, or shall be if possible. Absent if it is not recorded. If
   * it must be and cannot, the request is refused.
   */
  recording: z.optional(z.enum(['optional', 'required'])),
  /** Set if `api.policy.serviceAccountNames` keeps the name of the service account in the check from the caller. */
  reservedName: z.optional(z.literal(true)),
  /** How many elevations of others wait for the approval of the caller, if any do. Counted at most every ten seconds. */
  approvalsWaiting: z.optional(z.number()),
  /**
   * The identity that is sent upstream instead, if the request asks to act as another. The cluster must allow
   * `impersonation` to act as it. An empty `uid` is not sent.
   */
  actsAs: z.optional(impersonationSchema),
  /** The elevations that the request uses. `expiresAt` is in milliseconds since the epoch. */
  elevations: z.optional(
    z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        expiresAt: z.number(),
        approvers: z.array(z.string()),
        ticket: z.optional(z.string()),
        /** Set if it began without an approval. */
        breakGlass: z.optional(z.boolean()),
      }),
    ),
  ),
  /** What has become of an elevation that the check names, without a full stop: `Your elevation incident has expired`. */
  elevationEnded: z.optional(z.string()),
});
export type CheckAnswer = z.infer<typeof checkAnswerSchema>;
export const checkResponseSchema = z.object({ answers: z.array(checkAnswerSchema) });
export type CheckResponse = z.infer<typeof checkResponseSchema>;
