import { describe, expect, it } from '@jest/globals';
import { compilePolicy, type CompiledPolicy } from '@sallyport/policy';
import { createNamespaceSelection } from './namespace-selection.ts';

function policy(scope: string, rule: object = { allow: { or: [{ accept: true }] } }): CompiledPolicy {
  const compiled = compilePolicy(rule, { scope });
  if (!compiled.ok) throw new Error('does not compile');
  return compiled.policy;
}
const [everywhere, base, teamA, others] = ['cluster/dev', 'policy/base', 'namespace/dev/team-a', 'namespace/dev/*'].map(
  (scope) => policy(scope),
) as [CompiledPolicy, CompiledPolicy, CompiledPolicy, CompiledPolicy];
const scopes = (policies: readonly CompiledPolicy[]) => policies.map(({ scope }) => scope);

describe('the policies of a namespace', () => {
  it('follow those of the cluster, in the order of the entries, each once', () => {
    const select = createNamespaceSelection(
      [everywhere, base],
      [
        { match: ['*'], policies: [base, others] },
        { match: ['x', 'team-a'], policies: [teamA] },
      ],
    );
    expect(scopes(select('team-a'))).toEqual(['cluster/dev', 'policy/base', 'namespace/dev/*', 'namespace/dev/team-a']);
    expect(scopes(select('prod'))).toEqual(['cluster/dev', 'policy/base', 'namespace/dev/*']);
    expect(select('team-a')).toBe(select('team-a'));
  });

  it('never apply to a request without a namespace, with any pattern', () => {
    const select = createNamespaceSelection([everywhere], [{ match: ['*'], policies: [others] }]);
    expect(scopes(select(''))).toEqual(['cluster/dev']);
  });

  it('deny a request that spans namespaces, and do not allow it', () => {
    const both = policy('namespace/dev/prod', {
      allow: { or: [{ accept: true }] },
      deny: { or: [{ groups: 'contractors' }] },
    });
    const select = createNamespaceSelection(
      [everywhere, base],
      [
        { match: ['prod'], policies: [both, base] },
        { match: ['team-a'], policies: [teamA] },
        { match: ['*'], policies: [both] },
      ],
    );
    expect(select(undefined).map(({ scope, allow, deny }) => [scope, allow.length, deny.length])).toEqual([
      ['cluster/dev', 1, 0],
      ['policy/base', 1, 0],
      ['namespace/dev/prod', 0, 1],
    ]);
    expect(select(undefined)).toBe(select(undefined));
    expect(select('prod').map(({ allow }) => allow.length)).toEqual([1, 1, 1]);
  });

  it('are correct for any number of invented names', () => {
    const select = createNamespaceSelection([everywhere], [{ match: ['team-*'], policies: [teamA] }]);
    for (let index = 0; index < 5000; index += 1) expect(select(`team-${index}`)).toHaveLength(2);
    expect(select('team-0')).toHaveLength(2);
    expect(select('prod')).toHaveLength(1);
  });

  it('are not cached for a name that is longer than any namespace, so that invented names do not fill the memory', () => {
    const select = createNamespaceSelection([everywhere], [{ match: ['team-*'], policies: [teamA] }]);
    const longest = `team-${'x'.repeat(58)}`;
    expect(select(longest)).toBe(select(longest));
    expect(select(`${longest}x`)).not.toBe(select(`${longest}x`));
    expect(scopes(select(`${longest}x`))).toEqual(scopes(select(longest)));
  });
});
