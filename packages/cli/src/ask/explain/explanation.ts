import * as z from 'zod/mini';

const effect = z.enum(['allow', 'deny', 'authenticate']);
const optionalText = z.optional(z.string());

const criterion = z.object({
  name: z.string(),
  holds: z.boolean(),
  open: z.optional(z.literal(true)),
  unnamed: z.optional(z.literal(true)),
  reason: z.string(),
  value: z.optional(z.unknown()),
  data: z.optional(z.unknown()),
});
const rule = z.object({
  rule: z.string(),
  action: z.enum(['allow', 'deny']),
  operator: z.enum(['and', 'or', 'not', 'nor']),
  holds: z.boolean(),
  criteria: z.array(criterion),
});

/** `POST /.sallyport/api/v1/policy/explain`. Explanations from files have the same form. */
export const explanationSchema = z.object({
  cluster: z.string(),
  person: z.object({ user: z.string(), email: optionalText, groups: z.array(z.string()), other: z.boolean() }),
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
  also: z.optional(z.array(z.string())),
  decision: z.object({
    effect,
    rule: z.string(),
    reasons: z.array(z.string()),
    policyVersion: z.string(),
    judgedAs: optionalText,
  }),
  detail: optionalText,
  shows: z.enum(['yours', 'all']),
  rules: z.array(rule),
  leftOut: z.number(),
  upstream: z.optional(z.object({ user: z.string(), groups: z.array(z.string()), droppedGroups: z.array(z.string()) })),
});
export type Explanation = z.infer<typeof explanationSchema>;
export type ExplainedRule = z.infer<typeof rule>;
export type ExplainedCriterion = z.infer<typeof criterion>;
