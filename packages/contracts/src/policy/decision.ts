import * as z from 'zod/mini';
import { about } from '../text/about.ts';

/** Areas of the gateway's own API that `api.policy` rules on. */
export const apiAreas = [
  'sessions',
  'audit',
  'policy',
  'elevations',
  'machines',
  'serviceAccountNames',
  'recordings',
] as const;
export type ApiArea = (typeof apiAreas)[number];

const effectSchema = z.enum(['allow', 'deny', 'authenticate']);

/** The decision of a shadow policy, which is not enforced. */
export const shadowDecisionSchema = z.object({
  scope: about('Whose shadow policy.', z.string()),
  effect: about('Its effect.', effectSchema),
  rule: about('The position of its rule that decided.', z.string()),
  ruleName: about('The name of that rule, if it has one.', z.optional(z.string())),
});
export type ShadowDecision = z.infer<typeof shadowDecisionSchema>;

/** The zero value of a decision is deny. `reasons` are from the closed set of the policy language. */
export const decisionSchema = z.object({
  effect: about('allow, deny, or authenticate: the caller must log in first.', effectSchema),
  rule: about('The position of the rule that decided, or the name of what did instead of a rule.', z.string()),
  ruleName: about(
    'The name of that rule, if it has one. It is unique in its policy document only.',
    z.optional(z.string()),
  ),
  reasons: about('The reasons. New versions may add reasons.', z.array(z.string())),
  policyVersion: about('The version of the policy.', z.string()),
  /**
   * The verb as which the request was refused, if it is not its own. For example, an upsert must also be allowed as a
   * `create`.
   */
  evaluatedAs: about('The verb as which the request was refused, if it is not its own.', z.optional(z.string())),
  shadow: about('What the shadow policies would have decided.', z.optional(z.array(shadowDecisionSchema))),
});
export type Decision = z.infer<typeof decisionSchema>;
