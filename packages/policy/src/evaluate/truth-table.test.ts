import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { evaluatePolicy, type PolicyResult } from './evaluate-policy.ts';

// A second, naive implementation of the language over three criteria, with which the engine is compared.
type Part = { value: boolean; reasons: Set<string> };
type Body = Partial<Record<'and' | 'or' | 'not' | 'nor', string[]>>;
type Rules = Partial<Record<'allow' | 'deny', Body>>[];

const one = (value: boolean, reason: string): Part => ({ value, reasons: new Set([reason]) });
const union = (parts: Part[]) => new Set(parts.flatMap((part) => [...part.reasons]));
const invert = (part: Part): Part => ({ value: !part.value, reasons: part.reasons });

function all(parts: Part[]): Part {
  const bad = parts.filter((part) => !part.value);
  return bad.length === 0 ? { value: true, reasons: union(parts) } : { value: false, reasons: union(bad) };
}
function any(parts: Part[]): Part {
  const good = parts.filter((part) => part.value);
  return good.length > 0 ? { value: true, reasons: union(good) } : { value: false, reasons: union(parts) };
}
const meaning = {
  and: (parts: Part[]) => all(parts),
  or: (parts: Part[]) => any(parts),
  not: (parts: Part[]) => all(parts.map(invert)),
  nor: (parts: Part[]) => any(parts.map(invert)),
};

function criterion(name: string, input: PolicyInput): Part {
  if (name === 'accept') return one(true, 'accept');
  if (name === 'http_method')
    return input.request?.method === 'GET' ? one(true, 'http-method-ok') : one(false, 'http-method-unauthorized');
  if (!input.session) return one(false, 'user-unauthenticated');
  return input.user?.groups?.includes('dev') ? one(true, 'groups-ok') : one(false, 'groups-unauthorized');
}

function naive(rules: Rules, input: PolicyInput) {
  const evaluate = (action: 'allow' | 'deny') => {
    const blocks = rules.flatMap((rule, index) =>
      (['and', 'or', 'not', 'nor'] as const).flatMap((operator) => {
        const names = rule[action]?.[operator] ?? [];
        if (names.length === 0) return [];
        return [
          {
            name: `t[${index}].${action}.${operator}`,
            ...meaning[operator](names.map((name) => criterion(name, input))),
          },
        ];
      }),
    );
    return { ...any(blocks), rule: blocks.find((block) => block.value)?.name };
  };
  const allow = evaluate('allow');
  const deny = evaluate('deny');
  const login = allow.reasons.has('user-unauthenticated') || deny.reasons.has('user-unauthenticated');
  const effect = login ? 'authenticate' : deny.value ? 'deny' : allow.value ? 'allow' : 'deny';
  const rule = deny.rule ?? allow.rule ?? 'default-deny';
  const side = ({ value, reasons }: Part) => ({ value, reasons: [...reasons].sort() });
  return { effect, rule, allow: side(allow), deny: side(deny) };
}

const data: Record<string, unknown> = { accept: true, http_method: 'GET', groups: 'dev' };
function evaluate(rules: Rules, inputs: PolicyInput[]): PolicyResult[] {
  const document = rules.map((rule) =>
    Object.fromEntries(
      Object.entries(rule).map(([action, body]) => [
        action,
        Object.fromEntries(
          Object.entries(body).map(([operator, names]) => [operator, names.map((name) => ({ [name]: data[name] }))]),
        ),
      ]),
    ),
  );
  const compiled = compilePolicy(document, { scope: 't' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return inputs.map((input) => evaluatePolicy([compiled.policy], input));
}

const callers: PolicyInput[] = [
  {},
  { session: { id: 's' }, user: { groups: ['dev'] } },
  { session: { id: 's' }, user: { groups: ['ops'] } },
];
const inputs = callers.flatMap((caller) => ['GET', 'PUT'].map((method) => ({ ...caller, request: { method } })));
const names = ['accept', 'http_method', 'groups'];
const operatorNames = ['and', 'or', 'not', 'nor'] as const;
const choices = [1, 2, 3, 4, 5, 6, 7].map((bits) => names.filter((_name, index) => bits & (1 << index)));

describe('the truth table', () => {
  it('agrees with a naive implementation for two rules, two actions, four operators and three criteria', () => {
    const single = (['allow', 'deny'] as const).flatMap((action) =>
      operatorNames.flatMap((operator) => choices.map((chosen) => ({ [action]: { [operator]: chosen } }))),
    );
    let compared = 0;
    for (const first of single) {
      for (const second of single) {
        const rules: Rules = [first, second];
        expect({ rules, results: evaluate(rules, inputs) }).toEqual({
          rules,
          results: inputs.map((input) => naive(rules, input)),
        });
        compared += inputs.length;
      }
    }
    expect(compared).toBe(56 * 56 * 6);
  });

  it('agrees for any number of rules with any blocks, including empty ones', () => {
    const body = fc.record(
      { and: fc.subarray(names), or: fc.subarray(names), not: fc.subarray(names), nor: fc.subarray(names) },
      { requiredKeys: [] },
    );
    const rules = fc.array(fc.record({ allow: body, deny: body }, { requiredKeys: [] }), { maxLength: 4 });
    fc.assert(
      fc.property(rules, (document) => {
        expect(evaluate(document, inputs)).toEqual(inputs.map((input) => naive(document, input)));
      }),
      { numRuns: 500 },
    );
  });
});
