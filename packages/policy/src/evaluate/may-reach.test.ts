import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { mayReach } from './may-reach.ts';

const alice: PolicyInput = {
  user: { id: 'alice@example.com', email: 'alice@example.com', groups: ['developers'], claims: { department: ['it'] } },
  session: { id: 's' },
  kubernetes: { cluster: 'prod' },
  now: 0,
} as unknown as PolicyInput;

function compile(rules: unknown[]): CompiledPolicy {
  const result = compilePolicy(rules, { scope: 'test' });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.policy;
}

function reaches(...rules: unknown[]): boolean {
  const steps = mayReach([compile(rules)], alice);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
const allow = (operator: string, ...criteria: unknown[]) => ({ allow: { [operator]: criteria } });
const deny = (operator: string, ...criteria: unknown[]) => ({ deny: { [operator]: criteria } });

describe('whether a user could be allowed anything', () => {
  it.each([
    ['a rule about them', [allow('and', { groups: 'developers' })], true],
    ['a rule about others', [allow('and', { groups: 'sre' })], false],
    ['no rule', [], false],
    [
      'a rule about them with a condition on the request',
      [allow('and', { groups: 'developers' }, { 'k8s/namespace': 'dev' })],
      true,
    ],
    [
      'a rule about others with a condition on the request',
      [allow('and', { groups: 'sre' }, { 'k8s/namespace': 'dev' })],
      false,
    ],
    ['a rule about them on another cluster', [allow('and', { groups: 'developers' }, { 'k8s/cluster': 'dev' })], false],
    ['a rule about them on this cluster', [allow('and', { groups: 'developers' }, { 'k8s/cluster': 'prod' })], true],
    [
      'everyone, and a deny of another cluster',
      [allow('and', { accept: true }), deny('or', { 'k8s/cluster': 'dev' })],
      true,
    ],
    [
      'everyone, and a deny of this cluster',
      [allow('and', { accept: true }), deny('or', { 'k8s/cluster': 'prod' })],
      false,
    ],
    ['one of several that is true of them', [allow('or', { groups: 'sre' }, { email: 'alice@example.com' })], true],
    ['one of several that the request may make true', [allow('or', { groups: 'sre' }, { 'k8s/verb': 'get' })], true],
    ['several that are all about others', [allow('or', { groups: 'sre' }, { email: 'bob@example.com' })], false],
    ['none of what they are', [allow('not', { groups: 'sre' })], true],
    ['none of what they are not', [allow('not', { groups: 'developers' })], false],
    ['not all of what they are', [allow('nor', { groups: 'developers' }, { email: 'alice@example.com' })], false],
    ['everyone', [allow('and', { accept: true })], true],
    ['everyone but them', [allow('and', { accept: true }), deny('and', { email: 'alice@example.com' })], false],
    [
      'everyone, and a deny of others',
      [allow('and', { accept: true }), deny('and', { email: 'bob@example.com' })],
      true,
    ],
    [
      'everyone, and a deny of something that they might request',
      [allow('and', { accept: true }), deny('and', { email: 'alice@example.com' }, { 'k8s/verb': 'delete' })],
      true,
    ],
    [
      'an expression that guards what it reads of the request',
      [
        allow('and', {
          expression: 'has(kubernetes.namespace) && kubernetes.namespace == "team-" + user.claims.department[0]',
        }),
      ],
      true,
    ],
    [
      'an expression about others that also reads the request',
      [allow('and', { expression: '"sre" in user.groups && has(kubernetes.namespace)' })],
      false,
    ],
    [
      'an expression about them that reads the method',
      [allow('and', { expression: '"developers" in user.groups && request.method != "GET"' })],
      true,
    ],
    ['an expression about others', [allow('or', { expression: 'user.groups.exists(g, g == "sre")' })], false],
    [
      'everyone, and a deny of them by an expression',
      [allow('and', { accept: true }), deny('and', { expression: '"developers" in user.groups' })],
      false,
    ],
    [
      'everyone, and a deny of requests without a namespace by an expression',
      [allow('and', { accept: true }), deny('and', { expression: '!has(kubernetes.namespace)' })],
      true,
    ],
    [
      'everyone, and a deny by one of several that is true of them',
      [allow('and', { accept: true }), deny('or', { 'k8s/verb': 'delete' }, { groups: 'developers' })],
      false,
    ],
  ])('for %s: %s', (_what, rules, expected) => {
    expect(reaches(...rules)).toBe(expected);
  });

  it('is found one alternative after the other', () => {
    const steps = mayReach([compile([allow('and', { groups: 'a' }), allow('and', { groups: 'b' })])], alice);
    expect([steps.next().done, steps.next().done, steps.next()]).toEqual([false, false, { done: true, value: false }]);
  });
});
