import * as z from 'zod/mini';

/** Areas of the gateway's own API that `api.policy` rules on. */
export const apiAreas = ['sessions', 'audit', 'policy', 'elevations', 'machines', 'serviceAccountNames'] as const;
export type ApiArea = (typeof apiAreas)[number];

const effectSchema = z.enum(['allow', 'deny', 'authenticate']);

/** The decision of a shadow policy, which is not enforced. */
export const shadowDecisionSchema = z.object({ scope: z.string(), effect: effectSchema, rule: z.string() });
export type ShadowDecision = z.infer<typeof shadowDecisionSchema>;

/** The zero value of a decision is deny. `reasons` are from the closed set of the policy language. */
export const decisionSchema = z.object({
  effect: effectSchema,
  rule: z.string(),
  reasons: z.array(z.string()),
  policyVersion: z.string(),
  /**
   * The verb as which the request was refused, if it is not its own. For example, an upsert must also be allowed as a
   * `create`.
   */
  evaluatedAs: z.optional(z.string()),
  shadow: z.optional(z.array(shadowDecisionSchema)),
});
export type Decision = z.infer<typeof decisionSchema>;
