import { recordDemands, type CheckAnswer, type PolicyPlan } from '@sallyport/contracts';
import { actionHolds, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';

/** Which sessions are recorded. */
export type RecordingRules = {
  /** Returns what applies to the session that a request opens. Undefined if it is not recorded. */
  demandFor(input: PolicyInput): CheckAnswer['recording'];
};

/** Creates the rules: the strictest of those that match counts, or the default if none does. */
export function createRecordingRules(
  plan: PolicyPlan['recordings'],
  policyOf: (scope: string) => CompiledPolicy,
): RecordingRules {
  const rules = plan.rules.map(({ record, scope }) => ({ record, policy: policyOf(scope) }));
  return {
    demandFor(input) {
      const matching = rules.filter(
        // The document of a rule has only one of the two.
        ({ policy }) => actionHolds(policy, 'deny', input) || actionHolds(policy, 'allow', input),
      );
      const demands = matching.length === 0 ? [plan.default] : matching.map(({ record }) => record);
      const strictest = recordDemands.findLast((one) => demands.includes(one));
      return strictest === 'off' ? undefined : strictest;
    },
  };
}
