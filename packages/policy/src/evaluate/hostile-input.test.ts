import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { criteria } from '../criteria/index.ts';
import { nearestName } from '../document/nearest-name.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explain-policy.ts';

const keys = [
  ...criteria.map(({ name }) => name),
  'claim/x',
  'claim/__proto__/x',
  'claim//',
  '__proto__',
  'constructor',
  'k8s/',
  '/',
  '',
  'k8s/verb/x',
  'mail',
];
const junk = fc.anything({
  maxDepth: 3,
  maxKeys: 4,
  withNullPrototype: true,
  withDate: true,
  withMap: true,
  withTypedArray: true,
  withBigInt: true,
});
const operators = [
  'is',
  'not',
  'in',
  'has',
  'exclude',
  'contains',
  'type',
  'field',
  'exists',
  'after',
  'before',
  'timezone',
  'program',
  'argv',
  'fingerprint',
  'spki_hash',
  'san_dns',
  '>=',
  '__proto__',
];
const data = fc.oneof(
  junk,
  fc.dictionary(fc.constantFrom(...operators), fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 }), junk), {
    maxKeys: 3,
  }),
  fc.constantFrom(...criteria.map(({ doc }) => doc.example)),
);
const criterion = fc.oneof(fc.dictionary(fc.constantFrom(...keys), data, { maxKeys: 2 }), junk);
const body = fc.oneof(
  fc.dictionary(
    fc.constantFrom('and', 'or', 'not', 'nor', 'xor', '__proto__'),
    fc.oneof(fc.array(criterion, { maxLength: 3 }), junk),
    { maxKeys: 3 },
  ),
  junk,
);
const rule = fc.oneof(
  fc.dictionary(fc.constantFrom('allow', 'deny', 'permit', '__proto__'), body, { maxKeys: 2 }),
  junk,
);

describe('a hostile document', () => {
  it('results in faults or a policy, never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(junk, fc.array(rule, { maxLength: 3 }), rule), (document) => {
        const compiled = compilePolicy(document, { scope: 'x' });
        if (compiled.ok) return evaluatePolicy([compiled.policy], {}).rule.length > 0;
        return compiled.faults.length > 0 && compiled.faults.every(({ message }) => message.length < 600);
      }),
      { numRuns: 5000 },
    );
  });

  it('can be binary, endless, or full of values that throw', () => {
    const loop: unknown[] = [];
    loop.push({ allow: { or: loop } });
    const throwing = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('boo');
        },
      },
    );
    const trapped = {
      allow: {
        or: [
          new Proxy(
            { email: 'x' },
            {
              get() {
                throw new Error('boo');
              },
            },
          ),
        ],
      },
    };
    for (const document of [
      new Uint8Array(8),
      Buffer.from('allow'),
      loop,
      throwing,
      trapped,
      { allow: { or: [throwing] } },
      [new Proxy([], {})],
    ]) {
      const compiled = compilePolicy(document, { scope: 'x' });
      expect(compiled.ok).toBe(false);
    }
  });

  it('is not compared with known names more than once, and only in part', () => {
    const compiled = compilePolicy(
      Array.from({ length: 3000 }, (_none, index) => ({ allow: { or: [{ [`${'x'.repeat(5000)}${index}`]: 1 }] } })),
      { scope: 'x' },
    );
    expect(compiled.ok ? 0 : compiled.faults.length).toBe(101);
    expect(nearestName('', [])).toBe(undefined);
  });
});

describe('any input', () => {
  const policies = criteria.flatMap(({ name, doc }) => {
    const compiled = compilePolicy(
      {
        allow: { or: [{ [doc.exampleKey ?? name]: doc.example }] },
        deny: { nor: [{ [doc.exampleKey ?? name]: doc.example }] },
      },
      { scope: 'x' },
    );
    return compiled.ok ? [compiled.policy] : [];
  });

  it('is evaluated by every criterion without an exception', () => {
    expect(policies).toHaveLength(criteria.length);
    const odd = fc.oneof(junk, fc.string(), fc.array(fc.string()), fc.constant(null));
    const members = <K extends string>(...names: K[]) => fc.oneof(odd, fc.dictionary(fc.constantFrom(...names), odd));
    const input = fc.dictionary(
      fc.constantFrom('user', 'session', 'request', 'kubernetes', 'elevations', 'onCall', 'records', 'now'),
      fc.oneof(
        odd,
        members(
          'id',
          'email',
          'groups',
          'claims',
          'method',
          'path',
          'ip',
          'headers',
          'verb',
          'resource',
          'namespace',
          'exec',
          'dryRun',
          'labelSelector',
          'isResourceRequest',
        ),
        fc.record({
          primary: members('users', 'knownUntil'),
          second: fc.record({ users: fc.array(members('user', 'until')) }),
          clientCertificate: members('leaf', 'valid', 'presented'),
          exec: members('command'),
          claims: members('department', 'team'),
        }),
      ),
    );
    fc.assert(
      fc.property(input, (one) => {
        const result = evaluatePolicy(policies, one as PolicyInput);
        expect(explainPolicy(policies, one as PolicyInput)).toMatchObject(result);
        return ['allow', 'deny', 'authenticate'].includes(result.effect);
      }),
      {
        numRuns: 2000,
        examples: [[{ request: '', kubernetes: { path: '/a/' } }], [{ request: null, kubernetes: { path: '/a/' } }]],
      },
    );
  });
});
