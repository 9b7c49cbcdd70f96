import * as z from 'zod/mini';
import { configFaultSchema } from '../policy/config-fault.ts';
import { decisionSchema } from '../policy/decision.ts';
import { timeSchema } from './parts.ts';

const recordingDemandSchema = z.enum(['optional', 'required']);

const explainedCriterionSchema = z.object({
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

const explainedRuleSchema = z.object({
  /** Its position, and its name if it has one. */
  rule: z.string(),
  ruleName: z.optional(z.string()),
  action: z.enum(['allow', 'deny']),
  operator: z.enum(['and', 'or', 'not', 'nor']),
  holds: z.boolean(),
  criteria: z.array(explainedCriterionSchema),
});
export type ExplainedRule = z.infer<typeof explainedRuleSchema>;

/** `POST <api>/policy/explain`: why a request would be allowed or refused. */
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
   * The other verbs as which the request must be allowed too. `decision.evaluatedAs` is the one that was refused; the
   * rules are shown for that verb.
   */
  also: z.optional(z.array(z.string())),
  decision: decisionSchema,
  /** The message of a refusal. */
  detail: z.optional(z.string()),
  /** What the rule that refused says to the person. `detail` contains it. */
  ruleMessage: z.optional(z.string()),
  /** How the person can ask for an elevation with which the policy would allow it. `detail` contains it. */
  suggestion: z.optional(z.string()),
  /** `yours`: the rules about the user, without the values in the policy. `all`: every rule, with them. */
  shows: z.enum(['yours', 'all']),
  rules: z.array(explainedRuleSchema),
  /** How many more rules there are. Those that hold and those closest to it are shown. */
  leftOut: z.number(),
  /** Whether the session that an allowed request opens would be recorded. Absent if not. */
  recording: z.optional(recordingDemandSchema),
  /** The identity with which an allowed request reaches the cluster. */
  upstream: z.optional(z.object({ user: z.string(), groups: z.array(z.string()), droppedGroups: z.array(z.string()) })),
});
export type Explanation = z.infer<typeof explanationSchema>;

/**
 * `POST <api>/policy/can-i`: one answer per question, in the same order. `recording` says whether the sessions that they
 * open would be recorded; it is absent if none would.
 */
export const canIAnswerSchema = z.object({
  policyVersion: z.string(),
  allowed: z.array(z.boolean()),
  recording: z.optional(z.array(z.nullable(recordingDemandSchema))),
});
export type CanIAnswer = z.infer<typeof canIAnswerSchema>;

/** `GET <api>/policy`: the policy in force. `apiAreas` are those in which the configuration gives anyone a right. */
export const policySummarySchema = z.object({
  version: z.string(),
  rules: z.number(),
  clusters: z.number(),
  /** Also those on which it allows the caller nothing. */
  clusterNames: z._default(z.array(z.string()), []),
  apiAreas: z.array(z.string()),
});

/**
 * `GET <api>/rights`: the areas of `api.policy` in which the caller may see things of others, or act on them. What they
 * see of the audit trail and of recordings is decided cluster by cluster, and is in those answers.
 */
export const rightsSchema = z.object({ areas: z.array(z.string()) });

const listedRuleSchema = z.object({
  /** Its position, and its name and message if it has them. */
  rule: z.string(),
  ruleName: z.optional(z.string()),
  ruleMessage: z.optional(z.string()),
  action: z.enum(['allow', 'deny']),
  operator: z.enum(['and', 'or', 'not', 'nor']),
  /** Each criterion with its value in the policy. */
  criteria: z.array(z.object({ name: z.string(), data: z.optional(z.unknown()) })),
});
export type ListedRule = z.infer<typeof listedRuleSchema>;

/**
 * `GET <api>/policy/rules`: the rules in force for a cluster or a web application, in the order in which they are
 * evaluated. `shadow` has those that are only recorded. `leftOut`: how many more there are.
 */
export const policyRulesSchema = z.object({
  version: z.string(),
  rules: z.array(listedRuleSchema),
  shadow: z.array(listedRuleSchema),
  leftOut: z.number(),
});
export type PolicyRules = z.infer<typeof policyRulesSchema>;

/** `POST <api>/policy/reload`. Each replica reads its own file, so `GET <api>/policy/status` says what came of it. */
export const reloadRequestedSchema = z.object({ requested: z.boolean() });

const onCallSchema = z.object({
  name: z.string(),
  known: z.boolean(),
  users: z.number(),
  at: z.optional(timeSchema),
  failing: z.optional(z.object({ at: timeSchema, reason: z.string() })),
});

/** `GET <api>/policy/status`: what every replica that has reported recently says of its configuration. */
export const policyStatusSchema = z.object({
  replicas: z.array(
    z.object({
      service: z.string(),
      id: z.string(),
      host: z.string(),
      version: z.string(),
      since: timeSchema,
      startedAt: timeSchema,
      rejected: z.optional(z.object({ at: timeSchema, faults: z.array(configFaultSchema) })),
      waiting: z.optional(z.object({ at: timeSchema, version: z.string(), reason: z.string() })),
      warnings: z._default(z.array(configFaultSchema), []),
      onCall: z.optional(z.array(onCallSchema)),
      restartNeeded: z._default(z.array(z.string()), []),
    }),
  ),
});
export type ReplicaRow = z.infer<typeof policyStatusSchema>['replicas'][number];
