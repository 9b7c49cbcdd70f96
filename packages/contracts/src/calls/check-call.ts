import { z } from 'zod';
import { identitySchema } from '../identity/identity.ts';

// POST /v1/check: a list of checks, answered by a list of answers in the same order.

/** SHA-256 of the person's token in base64url; the token itself never leaves the proxy. */
export const credentialSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('token'), hash: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
]);
export type CheckCredential = z.infer<typeof credentialSchema>;

/** Areas of the gateway's own API that `api.policy` rules on. */
export const apiAreas = ['sessions', 'audit', 'policy', 'elevations'] as const;
export type ApiArea = (typeof apiAreas)[number];

export const checkTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cluster'), name: z.string() }),
  /** The gateway's own API: allowed to act on others' things only by `api.policy`. */
  z.object({ kind: z.literal('api'), area: z.enum(apiAreas) }),
  /** Only asks who the caller is: any live session is allowed. */
  z.object({ kind: z.literal('self') }),
]);
export type CheckTarget = z.infer<typeof checkTargetSchema>;

/** What is asked of the Kubernetes API. `verb` is what policy judges, `requestVerb` what the API server computes. */
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
  labelSelector: z.string().optional(),
  fieldSelector: z.string().optional(),
  dryRun: z.boolean().optional(),
  /**
   * Whether the kind is namespaced; absent: unknown, so that a request without a namespace counts as spanning all of
   * them.
   */
  namespaced: z.boolean().optional(),
  /** False only if the API server surely serves the kind itself; absent: unknown, to be taken for an aggregated API. */
  aggregated: z.boolean().optional(),
  /** True if an update or patch may create the object as well. */
  upsert: z.boolean().optional(),
  /** True if the request asks to upgrade its connection. */
  upgrade: z.boolean().optional(),
  exec: z
    .object({ container: z.string(), command: z.array(z.string()), tty: z.boolean(), stdin: z.boolean() })
    .optional(),
});
export type KubernetesAttributes = z.infer<typeof kubernetesAttributesSchema>;

/**
 * What the client showed in the TLS handshake, in PEM; `valid`: its chain leads to a CA that the gateway trusts for
 * clients. Absent where the gateway asks for none.
 */
export const clientCertificateSchema = z.object({
  presented: z.boolean(),
  leaf: z.string().optional(),
  valid: z.boolean().optional(),
});
export type ClientCertificate = z.infer<typeof clientCertificateSchema>;

export const checkedRequestSchema = z.object({
  method: z.string(),
  path: z.string(),
  host: z.string(),
  ip: z.string(),
  /** Only those that policy asks for, by lower-case name. */
  headers: z.record(z.string(), z.string()).optional(),
  clientCertificate: clientCertificateSchema.optional(),
});

export const checkSchema = z.object({
  credential: credentialSchema,
  target: checkTargetSchema,
  request: checkedRequestSchema,
  kubernetes: kubernetesAttributesSchema.optional(),
  /**
   * False: asked about something that goes on by itself (an open watch), so that it does not keep an idle session
   * alive.
   */
  use: z.boolean().optional(),
});
export type Check = z.infer<typeof checkSchema>;
export const checkRequestSchema = z.object({ checks: z.array(checkSchema).min(1).max(1024) });
export type CheckRequest = z.infer<typeof checkRequestSchema>;

const effectSchema = z.enum(['allow', 'deny', 'authenticate']);

/** What a shadow policy would have decided; nobody is held to it. */
export const shadowDecisionSchema = z.object({ scope: z.string(), effect: effectSchema, rule: z.string() });
export type ShadowDecision = z.infer<typeof shadowDecisionSchema>;

/** The zero value of a decision is deny. `reasons` come from PPL's closed set. */
export const decisionSchema = z.object({
  effect: effectSchema,
  rule: z.string(),
  reasons: z.array(z.string()),
  policyVersion: z.string(),
  /**
   * The verb under which the request was refused, where that is not its own: an upsert is judged as a `create` as well,
   * say.
   */
  judgedAs: z.string().optional(),
  shadow: z.array(shadowDecisionSchema).optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/**
 * The identity that goes upstream (Kubernetes user impersonation); `droppedGroups` are those the cluster's settings
 * kept back.
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
  /** Set unless the effect is allow: the problem to answer with, and words for the caller. */
  problem: z.object({ code: z.string(), detail: z.string() }).optional(),
  /** Times in milliseconds since the epoch; `idleEndsAt` only where the check was no use of the session. */
  session: z
    .object({
      id: z.string(),
      kind: z.enum(['cli', 'browser']),
      expiresAt: z.number(),
      idleEndsAt: z.number().optional(),
    })
    .optional(),
  identity: identitySchema.omit({ claims: true }).optional(),
  impersonation: impersonationSchema.optional(),
});
export type CheckAnswer = z.infer<typeof checkAnswerSchema>;
export const checkResponseSchema = z.object({ answers: z.array(checkAnswerSchema) });
export type CheckResponse = z.infer<typeof checkResponseSchema>;
