import type { Decision, ShadowDecision } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type Metrics } from '@sallyport/kit';
import { evaluatePolicy, type PolicyInput } from '@sallyport/policy';
import { Counter } from 'prom-client';
import type { ClusterRules } from '../policies/policy-set.ts';

/**
 * Evaluates a request with a cluster's shadow policy. Returns undefined if there is none, or if it fails. Never throws.
 */
export type EvaluateShadow = (
  cluster: ClusterRules,
  input: PolicyInput,
  enforced: Decision['effect'],
) => ShadowDecision[] | undefined;

function createShadowMetrics(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  return {
    seconds: new Counter({
      name: 'sallyport_shadow_policy_seconds_total',
      help: 'Time spent on shadow policies',
      labelNames: ['cluster'],
      registers,
    }),
    checks: new Counter({
      name: 'sallyport_shadow_policy_checks_total',
      help: 'Checks that a shadow policy evaluated',
      labelNames: ['cluster'],
      registers,
    }),
    differences: new Counter({
      name: 'sallyport_shadow_policy_differences_total',
      help: 'Checks for which the shadow policy decided differently from the policy in force',
      labelNames: ['cluster', 'enforced', 'shadow'],
      registers,
    }),
    failures: new Counter({
      name: 'sallyport_shadow_policy_failures_total',
      help: 'Checks that the shadow policy failed on',
      labelNames: ['cluster'],
      registers,
    }),
  };
}

/** Returns the scope of the document whose rule decided; if none did, the narrowest scope. */
function scopeOf(rule: string, scopes: readonly string[]): string {
  return scopes.find((scope) => rule.startsWith(`${scope}[`)) ?? scopes.at(-1) ?? '';
}

/**
 * Creates the evaluation of shadow policies. All shadow documents of a cluster together represent the policy that would
 * be in force instead.
 */
export function createEvaluateShadow(deps: { metrics: Metrics | undefined; logger: Logger }): EvaluateShadow {
  const metrics = createShadowMetrics(deps.metrics);
  const failure = createWarnOnce(deps.logger, {
    failed: 'a shadow policy failed; the policy in force is not affected',
  });
  return ({ name, shadow }, input, enforced) => {
    if (shadow.length === 0) return undefined;
    const startedAt = performance.now();
    try {
      const { effect, rule, ruleName } = evaluatePolicy(shadow, input);
      if (effect !== enforced) metrics.differences.inc({ cluster: name, enforced, shadow: effect });
      return [
        {
          scope: scopeOf(
            rule,
            shadow.map(({ scope }) => scope),
          ),
          effect,
          rule,
          ...(ruleName === undefined ? {} : { ruleName }),
        },
      ];
    } catch (error) {
      metrics.failures.inc({ cluster: name });
      // It would also fail for the next thousand checks. The metric counts them.
      failure.failed({ err: error, cluster: name });
      return undefined;
    } finally {
      metrics.checks.inc({ cluster: name });
      metrics.seconds.inc({ cluster: name }, (performance.now() - startedAt) / 1000);
    }
  };
}
