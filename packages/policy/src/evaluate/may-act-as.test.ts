import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explain-policy.ts';

function compile(document: unknown): CompiledPolicy {
  const compiled = compilePolicy(document, { scope: 'cluster/dev' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
}

const sre = { session: { id: 's' }, user: { id: 'sre', groups: ['sre'] } };
const request = (impersonate?: readonly string[], more: object = {}): PolicyInput => ({
  ...sre,
  kubernetes: {
    verb: 'get',
    resource: 'pods',
    isResourceRequest: true,
    ...more,
    ...(impersonate ? { impersonate } : {}),
  },
});
const effectOf = (document: unknown, impersonate?: readonly string[], more?: object) =>
  evaluatePolicy([compile(document)], request(impersonate, more)).effect;

const bob = ['user:bob'];
const who = { groups: 'sre' };
const target = { 'k8s/impersonate': ['user:bob', 'group:dev'] };

describe('an allow of a request that asks to act as another', () => {
  const everything = [
    { and: [who] },
    { and: [{ accept: true }] },
    { or: [who] },
    { or: [{ accept: true }] },
    { not: [{ groups: 'guests' }] },
    { nor: [{ groups: 'guests' }] },
    { not: [{ reject: true }] },
    { and: [{ expression: 'true' }] },
    { and: [{ expression: 'kubernetes.impersonate.exists(t, t == "user:bob")' }] },
    { and: [who], or: [{ accept: true }], not: [{ reject: true }], nor: [{ reject: true }] },
    { and: [{ authenticated_user: true }, { 'k8s/verb': ['get', 'impersonate'] }] },
    { and: [{ 'k8s/resource': '*' }] },
  ];

  it.each(everything)('is never one by a rule that does not name k8s/impersonate: %j', (allow) => {
    expect(effectOf({ allow }, bob)).toBe('deny');
    expect(effectOf({ allow }, [])).toBe('deny');
    expect(evaluatePolicy([compile({ allow })], request(bob)).allow).toMatchObject({
      value: false,
      reasons: expect.arrayContaining(['k8s-impersonate-unauthorized']),
    });
  });

  it.each(everything.filter((allow) => !JSON.stringify(allow).includes('impersonate.exists')))(
    'does not change what the rule allows a person as themselves: %j',
    (allow) => {
      expect(effectOf({ allow })).toBe('allow');
    },
  );

  it.each([
    { or: [target] },
    { or: [who, target] },
    { not: [{ 'k8s/impersonate': 'user:root' }] },
    { nor: [{ 'k8s/impersonate': 'user:root' }, who] },
    { not: [{ groups: 'guests' }, { 'k8s/impersonate': 'user:root' }] },
    { and: [who], or: [target] },
  ])('is never one by or, not or nor, and says so when it is compiled: %j', (allow) => {
    expect(effectOf({ allow }, bob)).toBe('deny');
    const compiled = compilePolicy({ allow }, { scope: 'x' });
    expect(compiled.ok && compiled.warnings.map(({ code }) => code)).toContain('impersonate-outside-and');
  });

  it('needs every criterion of the and block, and every target in one criterion', () => {
    const allow = { and: [who, target, { 'k8s/verb': 'get' }] };
    expect(effectOf({ allow }, bob)).toBe('allow');
    expect(effectOf({ allow }, ['user:bob', 'group:dev'])).toBe('allow');
    expect(effectOf({ allow }, ['user:bob', 'group:ops'])).toBe('deny');
    expect(effectOf({ allow }, ['user:bob', 'uid:1'])).toBe('deny');
    expect(effectOf({ allow }, ['user:bob', 'extra:a=b'])).toBe('deny');
    expect(effectOf({ allow }, ['user:carol'])).toBe('deny');
    expect(effectOf({ allow }, bob, { verb: 'delete' })).toBe('deny');
    expect(effectOf({ allow: { and: [{ groups: 'guests' }, target] } }, bob)).toBe('deny');
    expect(effectOf({ allow })).toBe('deny');
  });

  it('does not add up over rules', () => {
    const parts = ['user:bob', 'group:dev'].map((one) => ({ allow: { and: [who, { 'k8s/impersonate': one }] } }));
    expect(effectOf([...parts, { allow: { and: [who] } }], ['user:bob', 'group:dev'])).toBe('deny');
    const two = { and: [who, { 'k8s/impersonate': 'user:bob' }, { 'k8s/impersonate': 'group:dev' }] };
    expect(effectOf({ allow: two }, ['user:bob', 'group:dev'])).toBe('deny');
  });

  it('must hold under every verb as which the request counts', () => {
    const allow = { and: [who, target, { 'k8s/verb': 'patch' }] };
    const apply = { verb: 'patch', upsert: true, apiGroup: 'apps', resource: 'deployments' };
    expect(effectOf([{ allow }, { allow: { and: [who] } }], bob, apply)).toBe('deny');
    expect(effectOf({ allow: { and: [who, target] } }, bob, apply)).toBe('allow');
  });

  it('asks someone who is not logged in to log in, and nothing else', () => {
    const policy = compile({ allow: { or: [who] } });
    expect(evaluatePolicy([policy], { kubernetes: { impersonate: bob } }).effect).toBe('authenticate');
  });

  it('never follows from any policy without the criterion in an and block', () => {
    const part = fc.constantFrom<object>(who, { accept: true }, { groups: 'guests' }, { reject: true }, target);
    const block = fc.array(part, { minLength: 1, maxLength: 3 });
    const body = fc.record(
      { and: block.map((all) => all.filter((one) => one !== target)), or: block, not: block, nor: block },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 4 }), (bodies) => {
        expect(
          effectOf(
            bodies.map((allow) => ({ allow })),
            bob,
          ),
        ).toBe('deny');
      }),
      { numRuns: 500 },
    );
  });
});

describe('a deny of a request that asks to act as another', () => {
  const allow = { and: [who, { 'k8s/impersonate': { not: 'user:nobody' } }] };
  const denied = (deny: object, impersonate?: readonly string[]) =>
    effectOf([{ allow }, { allow: { and: [who] } }, { deny }], impersonate) === 'deny';

  it('holds if any target matches', () => {
    for (const operator of ['and', 'or']) {
      const deny = { [operator]: [{ 'k8s/impersonate': 'group:admins' }] };
      expect(denied(deny, ['user:bob', 'group:admins'])).toBe(true);
      expect(denied(deny, ['group:admins'])).toBe(true);
      expect(denied(deny, bob)).toBe(false);
      expect(denied(deny)).toBe(false);
    }
  });

  it('holds under not and nor if any target does not match', () => {
    for (const operator of ['not', 'nor']) {
      const deny = { [operator]: [{ 'k8s/impersonate': ['user:bob', 'group:dev'] }] };
      expect(denied(deny, ['user:bob', 'group:admins'])).toBe(true);
      expect(denied(deny, ['user:bob', 'group:dev'])).toBe(false);
      expect(denied(deny)).toBe(true);
    }
  });

  it('that is about anything else applies as well', () => {
    expect(denied({ or: [{ 'k8s/verb': 'get' }] }, bob)).toBe(true);
    expect(denied({ or: [who] }, bob)).toBe(true);
  });

  it('knows a ServiceAccount by its user name too', () => {
    const account = ['serviceaccount:kube-system/default'];
    expect(denied({ or: [{ 'k8s/impersonate': { contains: 'system:serviceaccount' } }] }, account)).toBe(true);
    expect(denied({ or: [{ 'k8s/impersonate': { starts_with: 'user:system:' } }] }, account)).toBe(true);
    expect(denied({ not: [{ 'k8s/impersonate': { starts_with: 'serviceaccount:' } }] }, account)).toBe(true);
    expect(effectOf({ allow: { and: [who, { 'k8s/impersonate': { starts_with: 'user:' } }] } }, account)).toBe('deny');
  });
});

describe('the names in k8s/impersonate', () => {
  it.each([
    'bob',
    'users:bob',
    'user:',
    'user:system:serviceaccount:a:b',
    'serviceaccount:a',
    'serviceaccount:a/b/c',
    'extra:a',
    ['user:bob', 'bob'],
    { not: 'bob' },
    { not_in: ['user:bob', 'bob'] },
    { is: 'Group:x' },
    { starts_with: 'usr:' },
    { starts_with: 'user:system:serviceaccount:a' },
    {},
    1,
  ])('are refused if no target can have them, because not would match everything: %j', (data) => {
    for (const [action, operator] of [
      ['allow', 'and'],
      ['deny', 'or'],
      ['deny', 'not'],
    ])
      expect(compilePolicy({ [action!]: { [operator!]: [{ 'k8s/impersonate': data }] } }, { scope: 'x' }).ok).toBe(
        false,
      );
  });

  it.each([{ starts_with: 'us' }, { starts_with: '' }, { contains: 'x' }, { ends_with: '@a.b' }])(
    'can be matched in part: %j',
    (data) => {
      expect(compilePolicy({ allow: { and: [{ 'k8s/impersonate': data }] } }, { scope: 'x' }).ok).toBe(true);
    },
  );
});

describe('an explanation', () => {
  it('agrees with the decision, and says which rule does not name the criterion', () => {
    const policy = compile([{ allow: { and: [who] } }, { allow: { or: [who] } }, { allow: { and: [who, target] } }]);
    const trace = explainPolicy([policy], request(['user:bob']));
    expect(trace.alternatives.map(({ holds }) => holds)).toEqual([false, false, true]);
    expect(trace.alternatives[0]!.criteria).toMatchObject([
      { name: 'groups', holds: true },
      { name: 'k8s/impersonate', holds: false, unnamed: true, value: bob },
    ]);
    expect(explainPolicy([policy], request()).alternatives.map(({ criteria }) => criteria.length)).toEqual([1, 1, 2]);
  });
});
