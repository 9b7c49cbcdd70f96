import { describe, expect, it } from '@jest/globals';
import { ruleLabel } from '@sallyport/contracts';
import fc from 'fast-check';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import { explainPolicy } from '../evaluate/explain-policy.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { warningsOf } from '../testing/warnings-of.ts';
import { compilePolicy } from './compile-policy.ts';

const refuse = { deny: { or: [{ 'k8s/verb': 'delete' }] } };
const allowAll = { allow: { or: [{ accept: true }] } };
const compile = (document: unknown, scope = 'x'): CompiledPolicy => {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.policy;
};
const faultsOf = (document: unknown) => {
  const compiled = compilePolicy(document, { scope: 'x' });
  return compiled.ok ? [] : compiled.faults;
};
const input = { session: { id: 's' }, kubernetes: { verb: 'delete', resource: 'pods' } };

describe('the name of a rule', () => {
  it('belongs to every block of the rule, and is told with the decision', () => {
    const policy = compile([{ name: 'all', ...allowAll }, { name: 'no-deletes', ...refuse }, refuse]);
    expect([...policy.allow, ...policy.deny].map(({ name, ruleName }) => [name, ruleName])).toEqual([
      ['x[0].allow.or', 'all'],
      ['x[1].deny.or', 'no-deletes'],
      ['x[2].deny.or', undefined],
    ]);
    expect(evaluatePolicy([policy], input)).toMatchObject({ rule: 'x[1].deny.or', ruleName: 'no-deletes' });
    const { alternatives } = explainPolicy([policy], input);
    expect(alternatives.map(ruleLabel)).toEqual(['all (x[0].allow.or)', 'no-deletes (x[1].deny.or)', 'x[2].deny.or']);
  });

  it('may be that of a rule in another document, so people always read it with its position', () => {
    const policies = [
      compile({ name: 'mine', ...allowAll }, 'global'),
      compile({ name: 'mine', ...refuse }, 'cluster/a'),
    ];
    expect(ruleLabel(evaluatePolicy(policies, input))).toBe('mine (cluster/a[0].deny.or)');
  });

  it('is refused where it appears twice, with both places', () => {
    expect(faultsOf([{ name: 'same', ...refuse }, refuse, { name: 'same', ...allowAll }])).toEqual([
      {
        path: [2, 'name'],
        message: 'is the name of another rule of this document too, at 0.name',
        hint: 'give each rule a name of its own',
        related: { scope: 'x', path: [0, 'name'] },
      },
    ]);
  });

  it.each([
    '',
    'No-Deletes',
    'a b',
    'a_b',
    '-a',
    'a-',
    'a'.repeat(64),
    'ä',
    '<b>',
    'a\n',
    'a"} 1',
    '\u001b[31m',
    '\u202ea',
    7,
    null,
    ['a'],
  ])('is refused if it is %j, and the fault does not repeat it', (name) => {
    const [fault, ...others] = faultsOf({ name, ...refuse });
    expect({ path: fault?.path, others }).toEqual({ path: ['name'], others: [] });
    expect(fault!.message).toMatch(/^[ -~]+$/);
    if (typeof name === 'string' && name.length > 3) expect(JSON.stringify(fault)).not.toContain(name);
  });

  it('is no key of what a rule allows or denies, as in Pomerium', () => {
    for (const key of ['name', 'message'])
      expect(faultsOf({ allow: { [key]: 'a', or: [] } })).toMatchObject([
        { message: `unknown operator ${JSON.stringify(key)}` },
      ]);
  });
});

describe('the message of a rule', () => {
  const policies = [
    compile([{ ...refuse }, { message: 'Ask the team shop.', ...refuse }], 'global'),
    compile([{ message: 'Ask the team web.', deny: { and: [{ groups: 'web' }] } }, allowAll], 'cluster/a'),
  ];

  it('is that of the first rule that refuses and has one, whichever rule is named', () => {
    expect(evaluatePolicy(policies, input)).toMatchObject({
      rule: 'global[0].deny.or',
      ruleMessage: 'Ask the team shop.',
    });
    const other = { ...input, user: { groups: ['web'] }, kubernetes: { verb: 'get', resource: 'pods' } };
    expect(evaluatePolicy(policies, other)).toMatchObject({
      rule: 'cluster/a[0].deny.and',
      ruleMessage: 'Ask the team web.',
    });
  });

  it('is given to no one who is allowed, must log in first, or is refused because no rule allows it', () => {
    const read = { ...input, kubernetes: { verb: 'get', resource: 'pods' } };
    expect(evaluatePolicy(policies, read)).toMatchObject({ effect: 'allow', ruleMessage: undefined });
    const members = [...policies.slice(0, 1), compile({ allow: { or: [{ groups: 'web' }] } }, 'cluster/b')];
    expect(evaluatePolicy(members, { kubernetes: input.kubernetes })).toMatchObject({
      effect: 'authenticate',
      ruleMessage: undefined,
    });
    expect(evaluatePolicy(policies.slice(0, 1), read)).toMatchObject({
      rule: 'default-deny',
      ruleMessage: undefined,
    });
  });

  it('is given for the verb that was refused', () => {
    const secrets = compile([
      allowAll,
      { name: 'no-reads', message: 'Secrets are in the vault.', deny: { and: [{ 'k8s/verb': 'get' }] } },
    ]);
    const change = { ...input, kubernetes: { verb: 'update', resource: 'secrets', apiGroup: '' } };
    expect(evaluatePolicy([secrets], change)).toMatchObject({
      evaluatedAs: 'get',
      ruleName: 'no-reads',
      ruleMessage: 'Secrets are in the vault.',
    });
  });

  it('may be any line of text that people can read, also with markup', () => {
    for (const message of [
      'a',
      'Frag Jürgen – Kanal „hilfe“.',
      '質問は #ops へ',
      '<b>&amp;</b>',
      'x'.repeat(300),
      '😀'.repeat(300),
    ])
      expect({ message, faults: faultsOf({ message, ...refuse }) }).toEqual({ message, faults: [] });
  });

  it.each([
    ['empty', ''],
    ['10 kB long', 'x'.repeat(10_240)],
    ['one character too long', 'x'.repeat(301)],
    ['two lines', 'a\nb'],
    ['a line that ends', 'a\n'],
    ['a carriage return', 'a\rb'],
    ['an ANSI escape', 'a\u001b[2Jb'],
    ['a C1 control', 'a\u009b2Jb'],
    ['NUL', 'a\u0000b'],
    ['a mark of direction', 'a\u202eb'],
    ['an invisible character', 'a\u200bb'],
    ['nothing visible', '\u3164'],
    ['a line separator', 'a\u2028b'],
    ['half a character', 'a\ud83d'],
    ['spaces around it', ' a '],
    ['not a text', { text: 'a' }],
    ['nothing', null],
  ])('is refused if it is %s, and the fault does not repeat it', (_what, message) => {
    const [fault, ...others] = faultsOf([{ message, ...refuse }]);
    expect({ path: fault?.path, others }).toEqual({ path: [0, 'message'], others: [] });
    expect(JSON.stringify(fault)).toMatch(/^[ -~]{1,400}$/);
  });

  it('is never accepted with a character that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (message) => {
        const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(message);
        return !unsafe || faultsOf({ message, ...refuse }).length === 1;
      }),
    );
  });

  it('has a warning in a rule that refuses nothing', () => {
    expect(warningsOf([{ message: 'a', ...allowAll }]).map(({ path, code }) => [path, code])).toContainEqual([
      [0, 'message'],
      'unused-message',
    ]);
    expect(warningsOf([allowAll, { message: 'a', ...refuse }]).map(({ code }) => code)).not.toContain('unused-message');
  });
});

describe('the warnings about rules', () => {
  it('call them by their names', () => {
    const found = warningsOf([
      { name: 'all', ...allowAll },
      { name: 'some', allow: { or: [{ groups: 'a' }] } },
    ]);
    expect(found.find(({ code }) => code === 'shadowed')?.message).toBe(
      'has no effect: all (policy[0].allow.or) allows all of it',
    );
  });
});
