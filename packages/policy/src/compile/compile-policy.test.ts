import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { criteria } from '../criteria/index.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import { compilePolicy } from './compile-policy.ts';

function faultsOf(document: unknown): string[] {
  const compiled = compilePolicy(document, { scope: 'x' });
  if (compiled.ok) return [];
  return compiled.faults.map(({ path, message, hint }) => `/${path.join('/')}: ${message}${hint ? ` (${hint})` : ''}`);
}
const nested = (depth: number) => {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

describe('the grammar', () => {
  it('takes one mapping of rules or a list of them', () => {
    const rule = { allow: { or: [{ email: 'a' }] }, deny: { and: [{ groups: 'x' }] } };
    for (const document of [rule, [rule], [], {}]) expect(faultsOf(document)).toEqual([]);
  });

  it('reports all faults at once, each with its path and the nearest valid name', () => {
    const document = [
      { allow: { or: [{ gruops: 'x' }, { email: 1 }, { email: 'a', user: 'b' }, {}, 'email'] } },
      { alow: {}, allow: [], deny: { xor: [], and: { email: 'a' } } },
      'allow',
      { deny: { nor: [{ 'K8s/Verbs': 'get' }, { 'email/x': 'a' }] } },
    ];
    expect(faultsOf(document)).toEqual([
      '/0/allow/or/0/gruops: unknown criterion "gruops" (did you mean groups?)',
      '/0/allow/or/1/email: must be a string or a mapping of string matchers, not a number (put it in quotes)',
      '/0/allow/or/2: must have exactly one key, has 2 (write each criterion as a separate list item)',
      '/0/allow/or/3: must have exactly one key, has 0 (write each criterion as a separate list item)',
      '/0/allow/or/4: must be a mapping with one criterion, not a string',
      '/1/alow: unknown action "alow" (did you mean allow?)',
      '/1/allow: must be a mapping of and, or, not, nor, not a list',
      '/1/deny/xor: unknown operator "xor" (did you mean or?)',
      '/1/deny/and: must be a list of criteria, not a mapping',
      '/2: must be a mapping with allow or deny, not a string',
      '/3/deny/nor/0/K8s/Verbs: unknown criterion "K8s/Verbs" (did you mean k8s/verb?)',
      '/3/deny/nor/1/email/x: the criterion email does not take a path after a slash (write email)',
    ]);
  });

  it('refuses what is not a policy document', () => {
    for (const document of [null, undefined, 1, 'allow', true, new Date(), new Map(), () => 1, Symbol('x'), 1n])
      expect(faultsOf(document)).toHaveLength(1);
  });

  it('warns of empty blocks', () => {
    const warnings = (document: unknown) => {
      const compiled = compilePolicy(document, { scope: 'x' });
      return compiled.ok ? compiled.warnings.map(({ path, message }) => `/${path.join('/')}: ${message}`) : [];
    };
    expect(warnings({ allow: { and: [] } })).toEqual(['/allow/and: is empty and has no effect']);
    expect(warnings({ allow: { or: [{ email: 'a' }] } })).toEqual([]);
  });

  it('does not treat an empty block as true', () => {
    for (const operator of ['and', 'or', 'not', 'nor']) {
      const compiled = compilePolicy({ allow: { [operator]: [] } }, { scope: 'x' });
      expect(compiled.ok && evaluatePolicy([compiled.policy], { session: { id: 's' } })).toMatchObject({
        effect: 'deny',
        rule: 'default-deny',
      });
    }
  });
});

describe('a hostile document', () => {
  it('cannot use names that JavaScript has built in', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const at = (text: string) => JSON.parse(text.replaceAll('KEY', key));
      expect(faultsOf(at('{"KEY": {}}'))).toHaveLength(1);
      expect(faultsOf(at('{"allow": {"KEY": []}}'))).toHaveLength(1);
      expect(faultsOf(at('{"allow": {"or": [{"KEY": "x"}]}}'))).toHaveLength(1);
      expect(faultsOf(at('{"allow": {"or": [{"email": {"KEY": "x"}}]}}'))).toHaveLength(1);
    }
  });

  it('is refused if it is deep, endless, too large, or throws when read', () => {
    expect(faultsOf({ allow: { or: [{ accept: nested(10_000) }] } })).toEqual([
      '/: is nested more than 32 levels deep',
    ]);
    const loop: Record<string, unknown> = {};
    loop.allow = loop;
    expect(faultsOf(loop)).toHaveLength(1);
    expect(faultsOf(Array.from({ length: 2_000_001 }))).toEqual(['/: has more than 2000000 values']);
    expect(faultsOf({ allow: { or: [{ email: 'x'.repeat(70_000) }] } })).toEqual([
      '/: contains a string of more than 65536 characters',
    ]);
    expect(
      faultsOf({
        get allow() {
          throw new Error('boo');
        },
      }),
    ).toEqual(['/: cannot be read']);
  });

  it('gets at most a hundred faults, and a count', () => {
    const faults = faultsOf(Array.from({ length: 5000 }));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toBe('/: and 4900 more');
  });

  it('never crashes the compiler, and what compiles can be evaluated', () => {
    const junk = fc.anything({ maxDepth: 2, maxKeys: 3, withNullPrototype: true });
    const name = fc.constantFrom(...criteria.map((criterion) => criterion.name), '__proto__', 'claim/x', 'mail', '');
    const matcher = fc.dictionary(
      fc.constantFrom('is', 'in', 'has', 'exclude', 'not', 'bad'),
      fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 }), junk),
      { maxKeys: 3 },
    );
    const block = fc.array(fc.oneof(fc.dictionary(name, fc.oneof(fc.string(), matcher, junk), { maxKeys: 2 }), junk), {
      maxLength: 3,
    });
    const body = fc.dictionary(fc.constantFrom('and', 'or', 'not', 'nor', 'xor'), block, { maxKeys: 3 });
    const document = fc.oneof(
      junk,
      fc.array(fc.dictionary(fc.constantFrom('allow', 'deny', 'bad'), body, { maxKeys: 2 }), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(document, (one) => {
        const compiled = compilePolicy(one, { scope: 'x' });
        if (!compiled.ok) return compiled.faults.length > 0;
        return ['allow', 'deny', 'authenticate'].includes(
          evaluatePolicy([compiled.policy], { session: { id: 's' }, user: { groups: ['a'] } }).effect,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an empty action', () => {
  it('compiles with a warning, as in Pomerium', () => {
    for (const action of ['allow', 'deny']) {
      const compiled = compilePolicy([{ allow: { or: [{ groups: 'a' }] } }, { [action]: {} }], {
        scope: 'cluster/dev',
      });
      expect(compiled).toMatchObject({
        ok: true,
        warnings: [{ path: [1, action], message: 'is empty and has no effect' }],
      });
    }
  });
});
