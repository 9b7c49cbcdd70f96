import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import type { Action, Operator } from '../language/criterion.ts';
import { fail, leaveOpen, pass, type Verdict } from '../language/verdict.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explain-policy.ts';

// A policy whose criteria have fixed verdicts, compared with a naive implementation of Kleene's logic.
type Kleene = boolean | undefined;
type Block = { action: Action; operator: Operator; parts: Kleene[] };

const verdictOf = (part: Kleene): Verdict =>
  part === undefined ? leaveOpen('expression-error') : part ? pass('expression-ok') : fail('expression-unauthorized');

function fixed(blocks: readonly Block[]): CompiledPolicy {
  const of = (action: Action): Alternative[] =>
    blocks.flatMap((block, index) =>
      block.action !== action
        ? []
        : [
            {
              name: `x[${index}].${action}.${block.operator}`,
              every: block.operator === 'and' || block.operator === 'not',
              invert: block.operator === 'not' || block.operator === 'nor',
              criteria: block.parts.map((part) => () => verdictOf(part)),
              labels: block.parts.map(() => 'expression'),
              data: block.parts,
            },
          ],
    );
  return { scope: 'x', ruleCount: blocks.length, allow: of('allow'), deny: of('deny') };
}

const not = (part: Kleene): Kleene => (part === undefined ? undefined : !part);
const all = (parts: Kleene[]): Kleene => (parts.includes(false) ? false : parts.includes(undefined) ? undefined : true);
const any = (parts: Kleene[]): Kleene => not(all(parts.map(not)));
const meaning: Record<Operator, (parts: Kleene[]) => Kleene> = {
  and: all,
  or: any,
  not: (parts) => all(parts.map(not)),
  nor: (parts) => any(parts.map(not)),
};

const part = fc.constantFrom<Kleene>(true, false, undefined);
const block = fc.record({
  action: fc.constantFrom<Action>('allow', 'deny'),
  operator: fc.constantFrom<Operator>('and', 'or', 'not', 'nor'),
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
});
const blocks = fc.array(block, { maxLength: 5 });

describe('three values', () => {
  it('follow Kleene: an open block denies, and does not allow', () => {
    fc.assert(
      fc.property(blocks, (some) => {
        const valueOf = ({ operator, parts }: Block) => meaning[operator](parts);
        const denied = some.some((one) => one.action === 'deny' && valueOf(one) !== false);
        const allowed = some.some((one) => one.action === 'allow' && valueOf(one) === true);
        const { effect, allow, deny } = evaluatePolicy([fixed(some)], {});
        expect({ effect, allow: allow.value, deny: deny.value }).toEqual({
          effect: allowed && !denied ? 'allow' : 'deny',
          allow: allowed,
          deny: denied,
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('never allow what would be refused with any value in place of an open one', () => {
    fc.assert(
      fc.property(blocks, fc.infiniteStream(fc.boolean()), (some, values) => {
        const decided = some.map((one) => ({
          ...one,
          parts: one.parts.map((value) => value ?? (values.next().value as boolean)),
        }));
        if (evaluatePolicy([fixed(decided)], {}).effect === 'deny')
          expect(evaluatePolicy([fixed(some)], {}).effect).toBe('deny');
      }),
      { numRuns: 2000 },
    );
  });

  it('have their reasons, and are distinguished in an explanation', () => {
    const open = fixed([
      { action: 'deny', operator: 'nor', parts: [true, undefined] },
      { action: 'allow', operator: 'or', parts: [true] },
    ]);
    expect(evaluatePolicy([open], {})).toMatchObject({
      effect: 'deny',
      rule: 'x[0].deny.nor',
      deny: { value: true, reasons: ['expression-error'] },
    });
    expect(explainPolicy([open], {}).alternatives[1]).toMatchObject({
      holds: true,
      criteria: [{ holds: true }, { holds: false, open: true, reason: 'expression-error' }],
    });
    expect(explainPolicy([open], {}).alternatives[1]!.criteria[0]).not.toHaveProperty('open');
  });
});

describe('a larger request', () => {
  const allowed = { allow: { or: [{ authenticated_user: true }] } };
  const evaluate = (deny: object, kubernetes: object, request: object = {}) => {
    const compiled = compilePolicy([allowed, { deny }], { scope: 'cluster/dev' });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    const {
      effect,
      rule,
      deny: { reasons },
    } = evaluatePolicy([compiled.policy], { session: { id: 's' }, user: { id: 'mallory' }, request, kubernetes });
    return { effect, rule, reasons };
  };
  const exec = (command: string[]) => ({
    verb: 'create',
    resource: 'pods',
    subresource: 'exec',
    namespace: 'dev',
    name: 'web',
    exec: { command },
  });

  it.each([
    [
      'a command that is padded',
      'kubernetes.exec.command.exists(c, c.split("/").exists(p, p == "passwd"))',
      exec([...Array.from({ length: 900 }, () => 'a/b/c/d'), '/etc/passwd']),
      {},
    ],
    [
      'thousands of terms in a selector',
      'kubernetes.labelSelector.split(",").exists(t, t.split("=").exists(p, p == "prod"))',
      { verb: 'list', resource: 'pods', namespace: 'dev', labelSelector: `${'a=b,'.repeat(3000)}env=prod` },
      {},
    ],
    [
      'thousands of slashes in a path',
      'request.path.split("/").exists(p, p.split("-").exists(q, q == "secret"))',
      {},
      { path: `${'/a-b'.repeat(4000)}/secret` },
    ],
  ])('does not disable a deny: %s', (_name, text, kubernetes, request) => {
    expect(evaluate({ or: [{ expression: text }] }, kubernetes, request)).toEqual({
      effect: 'deny',
      rule: 'cluster/dev[1].deny.or',
      reasons: ['expression-error'],
    });
    for (const operator of ['not', 'nor'])
      expect(evaluate({ [operator]: [{ expression: `!(${text})` }] }, kubernetes, request)).toMatchObject({
        effect: 'deny',
        reasons: ['expression-error'],
      });
  });

  it('does not enable an allow, with any operator', () => {
    const text = 'kubernetes.exec.command.exists(c, c.split("/").exists(p, p == "passwd"))';
    for (const operator of ['and', 'or', 'not', 'nor']) {
      const compiled = compilePolicy([{ allow: { [operator]: [{ expression: text }] } }], { scope: 'x' });
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
      expect(
        evaluatePolicy([compiled.policy], { kubernetes: exec(Array.from({ length: 8000 }, () => 'x/y')) }),
      ).toMatchObject({ effect: 'deny', rule: 'default-deny', allow: { reasons: ['expression-error'] } });
    }
  });
});
