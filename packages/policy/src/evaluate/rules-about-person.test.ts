import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import { criteria } from '../criteria/index.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { explainPolicy, rulesAboutPerson } from './explain-policy.ts';

const alice: PolicyInput = {
  session: { id: 's' },
  user: { id: 'alice', email: 'alice@example.com', groups: ['developers'], claims: { team: 'shop' } },
  kubernetes: { verb: 'get', resource: 'pods', namespace: 'dev' },
};
const mallory: PolicyInput = { ...alice, user: { id: 'mallory' } };

/** Returns the rules that are shown, each with its criteria. */
function shown(document: unknown, input: PolicyInput = alice): string[] {
  const compiled = compilePolicy(document, { scope: 'p' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return rulesAboutPerson(explainPolicy([compiled.policy], input).alternatives).map(
    ({ rule, criteria: parts }) => `${rule}: ${parts.map(({ name }) => name).join(' ')}`,
  );
}

describe('the rules that a user may see', () => {
  it('are those that hold, and those that fail only because of the request', () => {
    const policy = [
      { allow: { and: [{ groups: 'developers' }, { 'k8s/verb': 'get' }] } },
      { allow: { and: [{ groups: 'developers' }, { 'k8s/namespace': 'prod' }] } },
      { deny: { and: [{ 'k8s/namespace': 'vault' }] } },
    ];
    expect(shown(policy)).toEqual([
      'p[0].allow.and: groups k8s/verb',
      'p[1].allow.and: groups k8s/namespace',
      'p[2].deny.and: k8s/namespace',
    ]);
    expect(shown(policy, mallory)).toEqual(['p[2].deny.and: k8s/namespace']);
  });

  it.each([
    { and: [{ groups: 'sre' }, { 'k8s/namespace': 'dev' }] },
    { or: [{ groups: 'sre' }, { 'k8s/namespace': 'prod' }] },
    { or: [{ 'claim/team': 'x' }] },
    { and: [{ email: 'bob@example.com' }] },
    { and: [{ domain: 'x.com' }] },
    { and: [{ user: 'bob' }] },
    { not: [{ groups: 'developers' }, { 'k8s/namespace': 'prod' }] },
    { nor: [{ groups: 'developers' }] },
    { and: [{ expression: 'user.id == "bob"' }] },
    { and: [{ record: { type: 't', exists: true } }] },
  ])('exclude those that fail because of who the user is: %j', (body) => {
    expect(shown({ allow: body })).toEqual([]);
    expect(shown({ deny: body })).toEqual([]);
  });

  it.each([
    { and: [{ 'k8s/namespace': 'prod' }] },
    { and: [{ groups: { exclude: 'sre' } }, { elevation: 'admin' }] },
    { not: [{ groups: 'sre' }, { 'k8s/namespace': 'dev' }] },
    { and: [{ authenticated_user: true }, { source_ip: '10.0.0.1' }] },
  ])('include those that fail because of the request: %j', (body) => {
    expect(shown({ allow: body })).toHaveLength(1);
  });

  it('show only the true parts of alternatives of which one is enough', () => {
    expect(
      shown({
        allow: {
          or: [{ groups: 'sre' }, { groups: 'developers' }, { email: 'bob@example.com' }, { 'k8s/namespace': 'prod' }],
        },
      }),
    ).toEqual(['p[0].allow.or: groups']);
    expect(shown({ allow: { nor: [{ groups: 'developers' }, { 'k8s/verb': 'list' }] } })).toEqual([
      'p[0].allow.nor: k8s/verb',
    ]);
  });

  it('cover every criterion about users', () => {
    expect(criteria.filter(({ ofPerson }) => ofPerson).map(({ name }) => name)).toEqual([
      'user',
      'email',
      'domain',
      'groups',
      'claim',
      'record',
      'on_call',
      'expression',
    ]);
  });
});
