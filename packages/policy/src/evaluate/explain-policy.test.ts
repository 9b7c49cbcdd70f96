import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explain-policy.ts';

function compile(document: unknown, scope = 'cluster/dev'): CompiledPolicy {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
}
const alice: PolicyInput = {
  session: { id: 's' },
  user: { id: 'alice', email: 'alice@example.com', groups: ['dev'] },
  kubernetes: { verb: 'get', resource: 'pods', subresource: 'log' },
};

describe('an explanation', () => {
  it('shows every alternative with its criteria as written, the compared values and the reasons', () => {
    const policy = compile([
      {
        allow: {
          and: [{ groups: { has: 'ops' } }, { 'k8s/resource': ['pods/*'] }],
          nor: [{ accept: true }, { email: 'alice@example.com' }],
        },
        deny: { or: [{ 'k8s/namespace': 'x' }] },
      },
    ]);
    expect(explainPolicy([policy], alice)).toEqual({
      ...evaluatePolicy([policy], alice),
      alternatives: [
        {
          rule: 'cluster/dev[0].allow.and',
          action: 'allow',
          operator: 'and',
          holds: false,
          criteria: [
            { name: 'groups', data: { has: 'ops' }, holds: false, reason: 'groups-unauthorized', value: ['dev'] },
            { name: 'k8s/resource', data: ['pods/*'], holds: true, reason: 'k8s-resource-ok', value: 'pods/log' },
          ],
        },
        {
          rule: 'cluster/dev[0].allow.nor',
          action: 'allow',
          operator: 'nor',
          holds: false,
          criteria: [
            { name: 'accept', data: true, holds: true, reason: 'accept' },
            { name: 'email', data: 'alice@example.com', holds: true, reason: 'email-ok', value: 'alice@example.com' },
          ],
        },
        {
          rule: 'cluster/dev[0].deny.or',
          action: 'deny',
          operator: 'or',
          holds: false,
          criteria: [{ name: 'k8s/namespace', data: 'x', holds: false, reason: 'k8s-namespace-unauthorized' }],
        },
      ],
    });
  });

  it('lists the policies in order, allow before deny', () => {
    const global = compile([{ deny: { or: [{ groups: 'x' }] } }, { allow: { or: [{ groups: 'a' }] } }], 'global');
    const cluster = compile([{ allow: { not: [{ groups: 'b' }] } }]);
    expect(explainPolicy([global, cluster], alice).alternatives.map(({ rule }) => rule)).toEqual([
      'global[1].allow.or',
      'cluster/dev[0].allow.not',
      'global[0].deny.or',
    ]);
  });

  it('never disagrees with the decision', () => {
    const criterion = fc.constantFrom(
      { accept: true },
      { reject: true },
      { groups: 'dev' },
      { groups: { exclude: 'dev' } },
      { email: 'alice@example.com' },
      { 'k8s/verb': ['get'] },
    );
    const body = fc.dictionary(fc.constantFrom('and', 'or', 'not', 'nor'), fc.array(criterion, { maxLength: 3 }), {
      maxKeys: 4,
    });
    const document = fc.array(fc.record({ allow: body, deny: body }, { requiredKeys: [] }), { maxLength: 4 });
    const inputs: PolicyInput[] = [
      {},
      alice,
      { session: { id: 's' } },
      { session: { id: 's' }, user: { groups: ['ops'] } },
    ];
    fc.assert(
      fc.property(document, document, fc.constantFrom(...inputs), (first, second, input) => {
        const policies = [compile(first, 'global'), compile(second)];
        const { alternatives, ...result } = explainPolicy(policies, input);
        expect(result).toEqual(evaluatePolicy(policies, input));
        for (const action of ['allow', 'deny'] as const) {
          const holding = alternatives.filter((one) => one.action === action && one.holds);
          expect(result[action].value).toBe(holding.length > 0);
          if (result.rule.includes(`.${action}.`)) expect(holding[0]?.rule).toBe(result.rule);
        }
        const said = new Set(alternatives.flatMap(({ criteria }) => criteria.map(({ reason }) => reason)));
        for (const reason of [...result.allow.reasons, ...result.deny.reasons]) expect(said).toContain(reason);
      }),
      { numRuns: 300 },
    );
  });
});
