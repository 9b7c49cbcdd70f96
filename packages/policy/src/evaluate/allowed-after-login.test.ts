import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { allowedAfterLogin } from './allowed-after-login.ts';
import { evaluatePolicy } from './evaluate-policy.ts';

const now = Date.UTC(2026, 0, 2);
const bob: PolicyInput = {
  user: { id: 'bob@example.com', groups: ['sre'] },
  session: { id: 's', amr: ['pwd'], acr: 'low', authTime: now - 3_600_000 },
  kubernetes: { cluster: 'prod' },
  now,
};
function policyOf(document: unknown) {
  const compiled = compilePolicy(document, { scope: 'p' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return [compiled.policy];
}
const allowing = (...and: unknown[]) => [{ allow: { and } }];

describe('a login that helps', () => {
  it.each<[string, unknown, string[]]>([
    ['a newer one', allowing({ groups: 'sre' }, { max_age: '5m' }), []],
    ['one in a class', allowing({ groups: 'sre' }, { acr: 'phr' }), ['phr']],
    ['one in one of several classes', allowing({ acr: { in: ['phr', 'phrh'] } }), ['phr', 'phrh']],
    ['one in any other class', allowing({ acr: { not: 'low' } }), []],
    ['one by another method', allowing({ amr: { has: 'hwk' } }), []],
    ['the easiest of several', [...allowing({ acr: 'phr' }), ...allowing({ groups: 'sre' }, { max_age: '5m' })], []],
    ['one that a deny asks for', [...allowing({ groups: 'sre' }), { deny: { nor: [{ max_age: '5m' }] } }], []],
    ['one of several ways', [{ allow: { or: [{ groups: 'leads' }, { max_age: '5m' }] } }], []],
  ])('is %s', (_what, document, acrValues) => {
    expect(evaluatePolicy(policyOf(document), bob).effect).toBe('deny');
    expect(allowedAfterLogin(policyOf(document), bob)).toEqual({ acrValues });
  });

  it.each<[string, unknown]>([
    ['the policy reads nothing of a login', allowing({ groups: 'leads' })],
    ['the caller is not in the group', allowing({ groups: 'leads' }, { max_age: '5m' })],
    ['the place is another one', allowing({ 'k8s/cluster': 'dev' }, { max_age: '5m' })],
    ['something else denies', [...allowing({ max_age: '5m' }), { deny: { or: [{ groups: 'sre' }] } }]],
    ['a deny may hold there', [...allowing({ max_age: '5m' }), { deny: { and: [{ 'k8s/namespace': 'x' }] } }]],
    ['only others have such a rule', [...allowing({ user: 'carol' }, { max_age: '5m' })]],
  ])('does not exist where %s', (_what, document) => {
    expect(
      allowedAfterLogin(policyOf(document), {
        ...bob,
        kubernetes: { cluster: 'prod', verb: 'list', resource: 'pods' },
      }),
    ).toBeUndefined();
  });

  it('is found wherever some login leads to an allow', () => {
    const parts = [{ groups: 'sre' }, { groups: 'leads' }, { max_age: '5m' }, { acr: 'phr' }, { amr: { has: 'hwk' } }];
    const logins = [now - 3_600_000, now].flatMap((authTime) =>
      ['low', 'phr'].flatMap((acr) => [['pwd'], ['hwk']].map((amr) => ({ id: 's', authTime, acr, amr }))),
    );
    for (const operator of ['and', 'or', 'not', 'nor'])
      for (const first of parts)
        for (const second of parts)
          for (const denied of [undefined, ...parts]) {
            const document = [
              { allow: { [operator]: [first, second] } },
              ...(denied === undefined ? [] : [{ deny: { nor: [denied] } }]),
            ];
            if (!/max_age|acr|amr/.test(JSON.stringify(document))) continue;
            const policies = policyOf(document);
            const some = logins.some((session) => evaluatePolicy(policies, { ...bob, session }).effect === 'allow');
            const found = allowedAfterLogin(policies, bob) !== undefined;
            // Criteria that contradict each other count as possible, so an offer can be in vain. None is missing.
            if (some) expect({ document, found }).toEqual({ document, found: true });
          }
  });
});
