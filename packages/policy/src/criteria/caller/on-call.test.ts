import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { explainPolicy } from '../../evaluate/explain-policy.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import { readPolicyInput } from '../../input/read-policy-input.ts';
import { evaluateCriterion, faultsOf } from '../../testing/evaluate-criterion.ts';

const session = { id: 's' };
const alice = { id: 'alice', email: 'Alice@Example.com' };
const lists = (users: PolicyInput['onCall'] extends infer _ ? unknown[] : never, more: object = {}) =>
  ({ primary: { users: users.map((one) => (typeof one === 'string' ? { user: one } : one)), ...more } }) as never;
const ask = (onCall: PolicyInput['onCall'], more: object = {}) =>
  evaluateCriterion('on_call', 'primary', { session, user: alice, ...(onCall ? { onCall } : {}), ...more })[1];
const open = 'on-call-open';

describe('on_call', () => {
  it.each<[string, string[], string]>([
    ['the user name', ['alice'], 'on-call-ok'],
    ['the email address', ['Alice@Example.com'], 'on-call-ok'],
    ['another case of the address', ['alice@example.com'], 'on-call-unauthorized'],
    ['another case of the user name', ['Alice'], 'on-call-unauthorized'],
    ['a part of the name', ['ali', 'alice@'], 'on-call-unauthorized'],
    ['someone else', ['bob', 'bob@example.com'], 'on-call-unauthorized'],
    ['no one', [], 'on-call-unauthorized'],
    ['a prototype', ['constructor', '__proto__'], 'on-call-unauthorized'],
  ])('in an allow holds for what is written: %s', (_what, users, reason) => {
    expect(ask(lists(users))).toBe(reason);
  });

  it('holds until the time of the user', () => {
    const timed = lists([
      { user: 'alice', until: 100 },
      { user: 'bob', until: 50 },
    ]);
    expect([ask(timed, { now: 99 }), ask(timed, { now: 100 })]).toEqual(['on-call-ok', 'on-call-unauthorized']);
    expect(ask(timed)).toBe(open);
    const twice = lists([{ user: 'alice', until: 100 }, 'alice']);
    expect(ask(twice, { now: 1000 })).toBe('on-call-ok');
  });

  it('is open if the list is not known, or not any more', () => {
    expect(ask(undefined)).toBe(open);
    expect(ask({})).toBe(open);
    const aging = lists(['alice'], { knownUntil: 100 });
    expect([ask(aging, { now: 99 }), ask(aging, { now: 100 }), ask(aging)]).toEqual(['on-call-ok', open, open]);
    for (const odd of [null, 7, [], {}, { users: 'alice' }, { users: ['alice'] }, { users: [{ user: 7 }] }])
      expect(ask({ primary: odd } as never)).toBe(open);
    expect(ask({ primary: { users: [{ user: 'alice', until: 'soon' }] } } as never)).toBe(open);
  });

  const effectOf = (rules: object, user: object, onCall: PolicyInput['onCall']) => {
    const compiled = compilePolicy(rules, { scope: 'x' });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    return evaluatePolicy([compiled.policy], { session, user, ...(onCall ? { onCall } : {}), now: 0 }).effect;
  };
  const everyone = { allow: { or: [{ authenticated_user: true }] } };
  const primary = { on_call: 'primary' };
  const [onIt, folded, off] = [lists(['Alice@Example.com']), lists(['ALICE@example.com']), lists(['bob'])];
  it.each<[string, object, string[]]>([
    // On the list as written, in another spelling, not on it, and not known.
    ['allow, or', { allow: { or: [primary] } }, ['allow', 'deny', 'deny', 'deny']],
    ['allow, and', { allow: { and: [primary] } }, ['allow', 'deny', 'deny', 'deny']],
    ['allow, not', { allow: { not: [primary] } }, ['deny', 'deny', 'allow', 'deny']],
    ['allow, nor', { allow: { nor: [primary] } }, ['deny', 'deny', 'allow', 'deny']],
    ['deny, or', { ...everyone, deny: { or: [primary] } }, ['deny', 'deny', 'allow', 'deny']],
    ['deny, and', { ...everyone, deny: { and: [primary] } }, ['deny', 'deny', 'allow', 'deny']],
    ['deny, not', { ...everyone, deny: { not: [primary] } }, ['allow', 'deny', 'deny', 'deny']],
    ['deny, nor', { ...everyone, deny: { nor: [primary] } }, ['allow', 'deny', 'deny', 'deny']],
  ])('gives only what is certain, and takes what is possible: %s', (_what, rules, effects) => {
    expect([onIt, folded, off, undefined].map((onCall) => effectOf(rules, alice, onCall))).toEqual(effects);
  });

  it('of several lists needs one, and all of them to say no', () => {
    const both = (onCall: PolicyInput['onCall']) =>
      evaluateCriterion('on_call', ['primary', 'second'], { session, user: alice, ...(onCall ? { onCall } : {}) })[1];
    const known = (users: string[]) => ({ users: users.map((user) => ({ user })) });
    expect(both({ second: known(['alice']) })).toBe('on-call-ok');
    expect(both({ second: known([]) })).toBe(open);
    expect(both({ primary: known([]), second: known([]) })).toBe('on-call-unauthorized');
  });

  it('is explained with the lists that the caller is on', () => {
    const compiled = compilePolicy({ allow: { or: [primary] } }, { scope: 'x' });
    const onCall = { primary: { users: [{ user: 'alice' }] }, second: { users: [] } };
    const trace = explainPolicy(compiled.ok ? [compiled.policy] : [], { session, user: alice, onCall });
    expect(trace.alternatives[0]!.criteria[0]).toMatchObject({ holds: true, value: ['primary'] });
  });

  it('refuses what is not a name', () => {
    for (const data of [1, null, {}, [], ['a', 1]]) expect(faultsOf('on_call', data)).toHaveLength(1);
  });
});

describe('on-call lists in an input document', () => {
  it('are read as a file has them, or as a list of users', () => {
    const read = readPolicyInput({
      onCall: { a: ['alice', { user: 'bob', until: '1970-01-01T00:00:01Z' }], b: { users: ['carol'], knownUntil: 5 } },
    });
    expect(read).toMatchObject({
      ok: true,
      input: {
        onCall: {
          a: { users: [{ user: 'alice' }, { user: 'bob', until: 1000 }] },
          b: { users: [{ user: 'carol' }], knownUntil: 5 },
        },
      },
    });
  });

  it.each([[7], [{ a: 7 }], [{ a: [7] }], [{ a: { users: 'x' } }], [{ a: [{ user: 'x', until: 'soon' }] }]])(
    'are refused as %j',
    (onCall) => {
      expect(readPolicyInput({ onCall }).ok).toBe(false);
    },
  );
});
