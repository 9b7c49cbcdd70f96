import { describe, expect, it } from '@jest/globals';
import { compilePolicy, type CompiledPolicy } from '@sallyport/policy';
import { createNamespaceSelection } from './namespace-selection.ts';

function policy(scope: string): CompiledPolicy {
  const compiled = compilePolicy({ allow: { or: [{ accept: true }] } }, { scope });
  if (!compiled.ok) throw new Error('does not compile');
  return compiled.policy;
}
const [everywhere, base, teamA, others] = ['cluster/dev', 'policy/base', 'namespace/dev/team-a', 'namespace/dev/*'].map(policy) as [CompiledPolicy, CompiledPolicy, CompiledPolicy, CompiledPolicy];
const scopes = (policies: readonly CompiledPolicy[]) => policies.map(({ scope }) => scope);

describe('the policies of a namespace', () => {
  it('stand behind those of the cluster, in the order of the entries, each once', () => {
    const select = createNamespaceSelection([everywhere, base], [{ match: ['*'], policies: [base, others] }, { match: ['x', 'team-a'], policies: [teamA] }]);
    expect(scopes(select('team-a'))).toEqual(['cluster/dev', 'policy/base', 'namespace/dev/*', 'namespace/dev/team-a']);
    expect(scopes(select('prod'))).toEqual(['cluster/dev', 'policy/base', 'namespace/dev/*']);
    expect(select('team-a')).toBe(select('team-a'));
  });

  it('never hold for a request without a namespace, whatever the pattern', () => {
    const select = createNamespaceSelection([everywhere], [{ match: ['*'], policies: [others] }]);
    expect(scopes(select(''))).toEqual(['cluster/dev']);
  });

  it('are right for any number of made-up names', () => {
    const select = createNamespaceSelection([everywhere], [{ match: ['team-*'], policies: [teamA] }]);
    for (let index = 0; index < 5000; index += 1) expect(select(`team-${index}`)).toHaveLength(2);
    expect(select('team-0')).toHaveLength(2);
    expect(select('prod')).toHaveLength(1);
  });
});
