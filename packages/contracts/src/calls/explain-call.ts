import * as z from 'zod/mini';
import { maxImpersonationTargets } from '../kubernetes/impersonation-targets.ts';
import { checkSchema, decisionSchema, kubernetesAttributesSchema } from './check-call.ts';

// POST /.sallyport/api/v1/policy/explain and .../policy/can-i on the gateway, which calls POST /v1/explain and POST
// /v1/can-i of authorize.

const word = z.string().check(z.maxLength(253));
const text = z.string().check(z.maxLength(4096));

/**
 * Another user. Asking about them needs a right from `api.policy`. If only the name is given, the identity in their
 * latest live session counts.
 */
export const askedPersonSchema = z.strictObject({
  user: text.check(z.minLength(1)),
  email: z.optional(text),
  groups: z.optional(z.array(text).check(z.maxLength(1000))),
  claims: z.optional(z.record(z.string(), z.unknown())),
  ip: z.optional(word),
});
export type AskedPerson = z.infer<typeof askedPersonSchema>;

/**
 * The request in question, by its verb and resource, or by its path as a client would send it (`path`, with its query).
 */
export const explainQuestionSchema = z.strictObject({
  cluster: word.check(z.minLength(1)),
  verb: z.optional(word),
  resource: z.optional(word),
  apiGroup: z.optional(word),
  apiVersion: z.optional(word),
  subresource: z.optional(word),
  namespace: z.optional(word),
  name: z.optional(word),
  labelSelector: z.optional(text),
  fieldSelector: z.optional(text),
  dryRun: z.optional(z.boolean()),
  command: z.optional(z.array(text).check(z.maxLength(256))),
  container: z.optional(word),
  method: z.optional(word),
  path: z.optional(text),
  /** Whom the request asks to act as, as in `kubernetes.impersonate` of a check. */
  impersonate: z.optional(z.array(text).check(z.minLength(1), z.maxLength(maxImpersonationTargets))),
  about: z.optional(askedPersonSchema),
});
export type ExplainQuestion = z.infer<typeof explainQuestionSchema>;

/** `check` is the request as it would be evaluated, with the caller's own credential. */
export const explainRequestSchema = z.strictObject({ check: checkSchema, about: z.optional(askedPersonSchema) });
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

export const explainedCriterionSchema = z.object({
  name: z.string(),
  /** The criterion itself, before `not` or `nor` invert it. */
  holds: z.boolean(),
  /**
   * True if the criterion is neither true nor false; `holds` is false then. A deny rule counts it as true, an allow
   * rule as false.
   */
  open: z.optional(z.literal(true)),
  /** True if the rule does not name the criterion, and therefore does not allow the request. */
  unnamed: z.optional(z.literal(true)),
  reason: z.string(),
  /** The value of the user or the request; absent if there is none. */
  value: z.optional(z.unknown()),
  /** The value in the policy, if the caller may see it. */
  data: z.optional(z.unknown()),
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
  person: z.object({
    user: z.string(),
    email: z.optional(z.string()),
    groups: z.array(z.string()),
    other: z.boolean(),
  }),
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
    impersonate: z.optional(z.array(z.string())),
  }),
  /**
   * The other verbs as which the request must be allowed too. `decision.judgedAs` is the one that was refused; the
   * rules are shown for that verb.
   */
  also: z.optional(z.array(z.string())),
  decision: decisionSchema,
  /** The message of a refusal. */
  detail: z.optional(z.string()),
  /** `yours`: the rules about the user, without the values in the policy. `all`: every rule, with them. */
  shows: z.enum(['yours', 'all']),
  rules: z.array(explainedRuleSchema),
  /** How many more rules there are. Those that hold and those closest to it are shown. */
  leftOut: z.number(),
  /** The identity with which an allowed request reaches the cluster. */
  upstream: z.optional(z.object({ user: z.string(), groups: z.array(z.string()), droppedGroups: z.array(z.string()) })),
});
export type Explanation = z.infer<typeof explanationSchema>;

const maxQuestions = 256;

/** Many yes-or-no questions at once about what the caller may do on a cluster. */
export const canIQuestionSchema = z.strictObject({
  cluster: word.check(z.minLength(1)),
  namespace: z.optional(word),
  requests: z
    .array(z.strictObject({ verb: word, resource: word, apiGroup: z.optional(word), subresource: z.optional(word) }))
    .check(z.minLength(1), z.maxLength(maxQuestions)),
});
export type CanIQuestion = z.infer<typeof canIQuestionSchema>;

/** `check` has the caller, the client address and the cluster; `requests` has the requests in question. */
export const canIRequestSchema = z.strictObject({
  check: checkSchema,
  requests: z
    .array(z.strictObject({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .check(z.minLength(1), z.maxLength(maxQuestions)),
});
export type CanIRequest = z.infer<typeof canIRequestSchema>;

/** In the order of the questions. */
export const canIAnswerSchema = z.object({ policyVersion: z.string(), allowed: z.array(z.boolean()) });
export type CanIAnswer = z.infer<typeof canIAnswerSchema>;
