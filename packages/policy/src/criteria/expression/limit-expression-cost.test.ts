import { describe, expect, it } from '@jest/globals';
import type { PolicyInput } from '../../input/policy-input.ts';
import { evaluateCriterion } from '../../testing/evaluate-criterion.ts';
import { expressionEnvironment } from './expression-environment.ts';
import { expressionBudget, limitExpressionCost, withExpressionBudget } from './limit-expression-cost.ts';

const many = (count: number, prefix = 'g') => Array.from({ length: count }, (_none, index) => `${prefix}${index}`);
const claims = (count: number) => Object.fromEntries(many(count, 'c').map((name) => [name, [name]]));
const ask = (text: string, input: PolicyInput) =>
  evaluateCriterion('expression', text, { session: { id: 's' }, ...input })[1];

describe('the work of an expression', () => {
  it('suffices for realistic users and requests', () => {
    expect(ask('user.groups.exists(g, g == "g999")', { user: { groups: many(1000) } })).toBe('expression-ok');
    expect(
      ask('user.groups.exists(g, g in kubernetes.exec.command)', {
        user: { groups: many(100) },
        kubernetes: { exec: { command: many(20, 'c') } },
      }),
    ).toBe('expression-unauthorized');
    expect(ask('user.groups.all(g, user.groups.exists(h, g == h))', { user: { groups: many(60) } })).toBe(
      'expression-ok',
    );
    const [user, session] = [
      { groups: many(1000), claims: claims(800) },
      { id: 's', claims: claims(800) },
    ];
    expect(ask('user.claims == session.claims', { user, session })).toBe('expression-ok');
    expect(ask('user.groups.all(g, !(g in user.claims))', { user })).toBe('expression-ok');
    expect(ask('user.groups.all(g, user.claims.c7 != g)', { user: { ...user, groups: many(1000) } })).toBe(
      'expression-ok',
    );
  });

  it.each([
    [
      'loops in loops',
      'user.groups.exists(g, user.groups.exists(h, g + "x" == h))',
      (size: number) => ({ user: { groups: many(size) } }),
    ],
    [
      'a list looked through in a loop',
      'user.groups.exists(g, g in kubernetes.exec.command)',
      (size: number) => ({ user: { groups: many(size) }, kubernetes: { exec: { command: many(size, 'c') } } }),
    ],
    [
      'a text looked through in a loop',
      'kubernetes.exec.command.exists(c, request.path.contains(c + "!"))',
      (size: number) => ({ kubernetes: { exec: { command: many(size) } }, request: { path: 'a'.repeat(size * 10) } }),
    ],
    [
      'texts that grow',
      'user.groups.map(g, g + request.path).map(g, g + g).exists(g, g == "")',
      (size: number) => ({ user: { groups: many(size) }, request: { path: 'a'.repeat(size * 10) } }),
    ],
    [
      'a text taken to pieces',
      'request.path.split("").exists(c, c == "b")',
      (size: number) => ({ request: { path: 'a'.repeat(size * 100) } }),
    ],
    [
      'a long text searched for',
      'request.path.contains(request.host)',
      (size: number) => ({ request: { path: 'a'.repeat(size * 10), host: `${'a'.repeat(size)}b${'a'.repeat(size)}` } }),
    ],
    [
      'errors without end',
      'user.groups.exists(g, user.claims[g] == "x") || true',
      (size: number) => ({ user: { groups: many(size), claims: {} } }),
    ],
    [
      'maps compared in a loop',
      'user.groups.exists(g, user.claims == session.claims && g == "x")',
      (size: number) => ({
        user: { groups: many(200), claims: claims(size) },
        session: { id: 's', claims: claims(size) },
      }),
    ],
    [
      'maps in maps and lists compared in a loop',
      'user.groups.exists(g, user.claims != session.claims || g == "x")',
      (size: number) => ({
        user: { groups: many(200), claims: { list: [{ deep: claims(size) }] } },
        session: { id: 's', claims: { list: [{ deep: claims(size) }] } },
      }),
    ],
    [
      'a map looked for in a list of maps',
      'user.groups.exists(g, user.claims.one in session.claims.all && g == "x")',
      (size: number) => ({
        user: { groups: many(200), claims: { one: claims(size) } },
        session: { id: 's', claims: { all: [claims(size)] } },
      }),
    ],
    [
      'the keys of a map, read in a loop',
      'user.groups.exists(g, user.claims.exists(k, true) && g == "x")',
      (size: number) => ({ user: { groups: many(200), claims: claims(size) } }),
    ],
  ])('ends for %s', (_name, text, input) => {
    expect(ask(text, input(3))).not.toBe('expression-error');
    for (const size of [2000, 4000, 8000]) expect(ask(text, input(size))).toBe('expression-error');
  });

  it('does not exceed the budget, counted in the elements that loops read', () => {
    const looksFor = (size: number) => {
      const parsed = expressionEnvironment().parse('user.groups.exists(g, user.groups.exists(h, g + "x" == h))');
      expect(parsed.check().valid).toBe(true);
      limitExpressionCost(parsed.ast);
      let looks = 0;
      const groups: string[] = [];
      for (let index = 0; index < size; index += 1)
        Object.defineProperty(groups, index, {
          get: () => {
            looks += 1;
            return `g${index}`;
          },
          enumerable: true,
          configurable: true,
        });
      try {
        withExpressionBudget(() => parsed({ user: { groups } }) as unknown);
      } catch {
        // The budget is used up.
      }
      return looks;
    };
    // Each run reads one more element, for its type.
    for (const size of [10, 20, 40]) expect(looksFor(size)).toBeGreaterThanOrEqual(size * size + size);
    for (const size of [200, 400, 800, 1600]) expect(looksFor(size)).toBeLessThanOrEqual(expressionBudget);
  });

  it('refuses an expression with an unknown structure', () => {
    for (const odd of [
      { op: 'value', args: 1 },
      { op: 'value', args: 1, meta: {} },
      { op: 'value', args: 1, meta: {}, setMeta: () => {} },
    ])
      expect(() => limitExpressionCost(odd as never)).toThrow(TypeError);
  });
});
