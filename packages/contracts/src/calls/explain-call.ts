import { z } from 'zod';
import { checkSchema, decisionSchema, kubernetesAttributesSchema } from './check-call.ts';

// POST /.sallyport/api/v1/policy/explain and .../policy/can-i on the gateway, which asks POST /v1/explain and POST
// /v1/can-i of authorize.

const word = z.string().max(253);
const text = z.string().max(4096);

/**
 * Somebody else, about whom only those may ask whom `api.policy` lets. With nothing but a name, what their latest live
 * session says of them.
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
 * What is asked about: a request by its verb and resource, or by its path as a client would send it (`path`, with its
 * query).
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
  about: askedPersonSchema.optional(),
});
export type ExplainQuestion = z.infer<typeof explainQuestionSchema>;

/** `check` is the request as it would be judged, with the caller's own credential. */
export const explainRequestSchema = z.strictObject({ check: checkSchema, about: askedPersonSchema.optional() });
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

export const explainedCriterionSchema = z.object({
  name: z.string(),
  /** By itself, before `not` or `nor` turn it round. */
  holds: z.boolean(),
  /**
   * True: neither holds nor does not, and `holds` is false. It makes a rule that denies hold, and one that allows fail.
   */
  open: z.literal(true).optional(),
  reason: z.string(),
  /** What the person or the request has; absent if nothing. */
  value: z.unknown().optional(),
  /** What the policy compares with; only where it may be shown. */
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
  /** Whom it is about; `other`: not the caller. */
  person: z.object({ user: z.string(), email: z.string().optional(), groups: z.array(z.string()), other: z.boolean() }),
  /** The request as it was judged. */
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
  }),
  /**
   * The verbs that it was judged as besides its own, all of which must pass. `decision.judgedAs` is the one that did
   * not; the rules are shown under that one.
   */
  also: z.array(z.string()).optional(),
  decision: decisionSchema,
  /** What a refusal says. */
  detail: z.string().optional(),
  /** `yours`: the rules that are about the person, without what they compare with; `all`: every rule, with it. */
  shows: z.enum(['yours', 'all']),
  rules: z.array(explainedRuleSchema),
  /** How many more could be shown; the ones that hold and the nearest are. */
  leftOut: z.number(),
  /** As whom an allowed request arrives at the cluster. */
  upstream: z.object({ user: z.string(), groups: z.array(z.string()), droppedGroups: z.array(z.string()) }).optional(),
});
export type Explanation = z.infer<typeof explanationSchema>;

const mostQuestions = 256;

/** Many questions at once about what the caller may do on a cluster; the answers are yes or no. */
export const canIQuestionSchema = z.strictObject({
  cluster: word.min(1),
  namespace: word.optional(),
  requests: z
    .array(z.strictObject({ verb: word, resource: word, apiGroup: word.optional(), subresource: word.optional() }))
    .min(1)
    .max(mostQuestions),
});
export type CanIQuestion = z.infer<typeof canIQuestionSchema>;

/** `check` says whose requests they would be, from where and to which cluster; `requests` what would be asked there. */
export const canIRequestSchema = z.strictObject({
  check: checkSchema,
  requests: z
    .array(z.strictObject({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .min(1)
    .max(mostQuestions),
});
export type CanIRequest = z.infer<typeof canIRequestSchema>;

/** In the order of the questions. */
export const canIAnswerSchema = z.object({ policyVersion: z.string(), allowed: z.array(z.boolean()) });
export type CanIAnswer = z.infer<typeof canIAnswerSchema>;
