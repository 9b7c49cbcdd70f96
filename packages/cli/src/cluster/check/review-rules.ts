import { fieldOf } from '../../input/field-of.ts';
import { expectKube } from '../kube/expect-kube.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { PolicyRule } from './rule-atoms.ts';

export type ReviewedRules = { rules: PolicyRule[]; incomplete: boolean };

const listOf = (value: unknown): PolicyRule[] => (Array.isArray(value) ? (value as PolicyRule[]) : []);

/** Asks a cluster for the rules that apply to the credential in a namespace (SelfSubjectRulesReview). */
export async function reviewRules(
  client: KubeClient,
  namespace: string,
  headers: Record<string, string> = {},
): Promise<ReviewedRules> {
  const answer = await client.ask({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    json: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
    headers,
  });
  const body = expectKube(answer, { verb: 'create', what: 'selfsubjectrulesreviews.authorization.k8s.io' });
  const status = fieldOf(body, 'status');
  return {
    rules: [...listOf(fieldOf(status, 'resourceRules')), ...listOf(fieldOf(status, 'nonResourceRules'))],
    incomplete: fieldOf(status, 'incomplete') === true,
  };
}
