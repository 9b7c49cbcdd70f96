import { z } from 'zod';
import { maxImpersonationTargets } from '../kubernetes/impersonation-targets.ts';
import { checkSchema, decisionSchema, kubernetesAttributesSchema } from './check-call.ts';

// POST /.sallyport/api/v1/policy/explain and .../policy/can-i on the gateway, which calls POST /v1/explain and POST
// /v1/can-i of authorize.

const word = z.string().max(253);
const text = z.string().max(4096);

/**
 * Another user. Asking about them needs a right from `api.policy`. If only the name is given, the identity in their
 * latest live session counts.
 */
export const askedPersonSchema = z.strictObject({
  user: text.min(1),
  email: text.optional(),
  groups: z.array(text).max(1000).optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
  ip: word.optional(),
});
export type AskedPerson = z.infer<typeof askedPersonSchema>;

/**
 * The request in question, by its verb and resource, or by its path as a client would send it (`path`, with its query).
 */
export const explainQuestionSchema = z.strictObject({
  cluster: word.min(1),
  verb: word.optional(),
  resource: word.optional(),
  apiGroup: word.optional(),
  apiVersion: word.optional(),
  subresource: word.optional(),
  namespace: word.optional(),
  name: word.optional(),
  labelSelector: text.optional(),
  fieldSelector: text.optional(),
  dryRun: z.boolean().optional(),
  command: z.array(text).max(256).optional(),
  container: word.optional(),
  method: word.optional(),
  path: text.optional(),
  /** Whom the request asks to act as, as in `kubernetes.impersonate` of a check. */
  impersonate: z.array(text).min(1).max(maxImpersonationTargets).optional(),
  about: askedPersonSchema.optional(),
});
export type ExplainQuestion = z.infer<typeof explainQuestionSchema>;

/** `check` is the request as it would be evaluated, with the caller's own credential. */
export const explainRequestSchema = z.strictObject({ check: checkSchema, about: askedPersonSchema.optional() });
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

export const explainedCriterionSchema = z.object({
  name: z.string(),
  /** The criterion itself, before `not` or `nor` invert it. */
  holds: z.boolean(),
  /**
   * True if the criterion is neither true nor false; `holds` is false then. A deny rule counts it as true, an allow
   * rule as false.
   */
  open: z.literal(true).optional(),
  /** True if the rule does not name the criterion, and therefore does not allow the request. */
  unnamed: z.literal(true).optional(),
  reason: z.string(),
  /** The value of the user or the request; absent if there is none. */
  value: z.unknown().optional(),
  /** The value in the policy, if the caller may see it. */
  data: z.unknown().optional(),
});
export type ExplainedCriterion = z.infer<typeof explainedCriterionSchema>;

export const explainedRuleSchema = z.object({
  rule: z.string(),
  action: z.enum(['allow', 'deny']),
  operator: z.enum(['and', 'or', 'not', 'nor']),
  holds: z.boolean(),
  criteria: z.array(explainedCriterionSchema),
});
export type ExplainedRule = z.infer<typeof explainedRuleSchema>;

export const explanationSchema = z.object({
  cluster: z.string(),
  /** The user whom it is about. `other`: not the caller. */
  person: z.object({ user: z.string(), email: z.string().optional(), groups: z.array(z.string()), other: z.boolean() }),
  /** The request as it was evaluated. */
  asked: z.object({
    verb: z.string(),
    resource: z.string(),
    apiGroup: z.string(),
    subresource: z.string(),
    namespace: z.string(),
    name: z.string(),
    isResourceRequest: z.boolean(),
    method: z.string(),
    path: z.string(),
    impersonate: z.array(z.string()).optional(),
  }),
  /**
   * The other verbs as which the request must be allowed too. `decision.judgedAs` is the one that was refused; the
   * rules are shown for that verb.
   */
  also: z.array(z.string()).optional(),
  decision: decisionSchema,
  /** The message of a refusal. */
  detail: z.string().optional(),
  /** `yours`: the rules about the user, without the values in the policy. `all`: every rule, with them. */
  shows: z.enum(['yours', 'all']),
  rules: z.array(explainedRuleSchema),
  /** How many more rules there are. Those that hold and those closest to it are shown. */
  leftOut: z.number(),
  /** The identity with which an allowed request reaches the cluster. */
  upstream: z.object({ user: z.string(), groups: z.array(z.string()), droppedGroups: z.array(z.string()) }).optional(),
});
export type Explanation = z.infer<typeof explanationSchema>;

const maxQuestions = 256;

/** Many yes-or-no questions at once about what the caller may do on a cluster. */
export const canIQuestionSchema = z.strictObject({
  cluster: word.min(1),
  namespace: word.optional(),
  requests: z
    .array(z.strictObject({ verb: word, resource: word, apiGroup: word.optional(), subresource: word.optional() }))
    .min(1)
    .max(maxQuestions),
});
export type CanIQuestion = z.infer<typeof canIQuestionSchema>;

/** `check` has the caller, the client address and the cluster; `requests` has the requests in question. */
export const canIRequestSchema = z.strictObject({
  check: checkSchema,
  requests: z
    .array(z.strictObject({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .min(1)
    .max(maxQuestions),
});
export type CanIRequest = z.infer<typeof canIRequestSchema>;

/** In the order of the questions. */
export const canIAnswerSchema = z.object({ policyVersion: z.string(), allowed: z.array(z.boolean()) });
export type CanIAnswer = z.infer<typeof canIAnswerSchema>;
