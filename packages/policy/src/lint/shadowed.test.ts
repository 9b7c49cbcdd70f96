import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { evaluatePolicy } from '../evaluate/evaluate-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { warningsOf } from '../testing/warnings-of.ts';
import { lintPolicies } from './lint-policies.ts';

type Rule = Record<string, Record<string, object[]>>;

const codesOf = (document: unknown) =>
  warningsOf(document)
    .filter(({ code }) => ['shadowed', 'always-denied', 'denies-everything'].includes(code ?? ''))
    .map(({ path, code, related }) => `${code} ${path.join('.')}${related ? ` by ${related.path.join('.')}` : ''}`);
const allow = (...criteria: object[]) => ({ allow: { and: criteria } });
const deny = (...criteria: object[]) => ({ deny: { and: criteria } });
const sre = { groups: 'sre' };
const prod = { 'k8s/namespace': 'prod' };

describe('a rule without effect', () => {
  it('causes a warning if another rule is the same or wider', () => {
    expect(codesOf([allow(sre), allow({ groups: { has: 'sre' } })])).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(codesOf([allow(prod, sre), allow(sre)])).toEqual(['shadowed 0.allow.and by 1.allow.and']);
    expect(
      codesOf([allow({ 'k8s/namespace': ['prod', 'dev'] }, sre), allow({ 'k8s/namespace': { in: ['dev'] } }, sre)]),
    ).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(
      codesOf([allow({ 'k8s/namespace': { starts_with: 'team-' } }), allow({ 'k8s/namespace': 'team-a' })]),
    ).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(
      codesOf([allow({ 'k8s/resource': ['pods', 'pods/*'] }), allow({ 'k8s/resource': 'pods/log' }, sre)]),
    ).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(codesOf([deny({ 'k8s/resource': '*' }), deny(prod, { 'k8s/resource': ['secrets'] })])).toEqual([
      'shadowed 1.deny.and by 0.deny.and',
    ]);
    expect(codesOf([{ allow: { or: [sre, prod] } }, allow({ 'k8s/verb': 'get' }, prod)])).toEqual([
      'shadowed 1.allow.and by 0.allow.or.1.k8s/namespace',
    ]);
    expect(codesOf([allow({ authenticated_user: true }), allow(sre)])).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(codesOf([{ allow: { not: [sre, prod] } }, { allow: { not: [sre] } }])).toEqual([
      'shadowed 0.allow.not by 1.allow.not',
    ]);
  });

  it('is none that lets someone act as another, next to rules that do not', () => {
    const bob = { 'k8s/impersonate': 'user:bob' };
    expect(codesOf([allow(sre), allow(sre, bob)])).toEqual([]);
    expect(codesOf([{ allow: { or: [bob] } }, allow(sre, bob)])).toEqual([]);
    expect(codesOf([allow(sre), { allow: { or: [{ accept: true }] } }, allow(sre, bob)])).toEqual([
      'shadowed 0.allow.and by 1.allow.or.0.accept',
    ]);
    expect(codesOf([allow(bob), allow(sre, bob)])).toEqual(['shadowed 1.allow.and by 0.allow.and']);
    expect(codesOf([allow(sre, bob), deny(sre)])).toEqual(['always-denied 0.allow.and by 1.deny.and']);
  });

  it('causes a warning if a deny holds wherever the allow does', () => {
    expect(codesOf([allow(sre, prod), deny(prod)])).toEqual(['always-denied 0.allow.and by 1.deny.and']);
    expect(
      codesOf([allow(sre, prod), allow(sre, { 'k8s/namespace': 'dev' }), { deny: { or: [{ accept: true }] } }]),
    ).toEqual(['denies-everything 2.deny.or.0.accept']);
  });

  it('causes none if it decides anything', () => {
    expect(codesOf([allow(sre, prod), allow(sre, { 'k8s/verb': 'get' })])).toEqual([]);
    expect(codesOf([allow(sre), deny(prod), deny({ groups: 'x' }, { 'k8s/verb': 'get' })])).toEqual([]);
    expect(codesOf([allow({ groups: { exclude: 'sre' } }), allow(sre)])).toEqual([]);
    expect(codesOf([allow({ 'k8s/resource': 'pods' }), allow({ 'k8s/resource': 'pods/exec' })])).toEqual([]);
    expect(codesOf([deny({ email: 'A@x.example' }), deny({ email: { starts_with: 'A' } })])).toEqual([]);
    expect(codesOf([allow(sre), { deny: { or: [{ reject: true }, { reject: true }] } }])).toEqual([]);
    // A list through a node reaches other names, unless the rule means the node.
    expect(
      codesOf([
        deny({ 'k8s/resource': ['nodes/*'] }, { 'k8s/name': 'a' }),
        deny({ 'k8s/resource': ['nodes/proxy'] }, { 'k8s/name': 'a' }, { 'k8s/namespace': 'x' }),
      ]),
    ).toEqual([]);
  });

  it('counts across the policies that apply together, and not across others', () => {
    const policyOf = (scope: string, document: unknown) => {
      const compiled = compilePolicy(document, { scope });
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
      return { policy: compiled.policy, isList: Array.isArray(document) };
    };
    const found = lintPolicies({
      policies: [
        policyOf('global', [allow(sre)]),
        policyOf('policy/shared', [allow(sre, prod)]),
        policyOf('cluster/dev', [allow(sre, { 'k8s/verb': 'get' }), allow(prod)]),
        policyOf('cluster/other', [allow(prod, { 'k8s/verb': 'list' })]),
        policyOf('namespace/dev/x', [deny(prod)]),
        policyOf('shadow/global', [allow(sre)]),
        policyOf('api/audit', [allow(sre)]),
      ],
      clusters: [
        {
          name: 'dev',
          scopes: ['global', 'policy/shared', 'cluster/dev'],
          namespaces: [{ scopes: ['namespace/dev/x'] }],
          shadow: ['shadow/global'],
        },
        { name: 'other', scopes: ['global', 'cluster/other'], namespaces: [] },
      ],
    });
    expect(
      found
        .filter(({ code }) => code === 'shadowed' || code === 'always-denied')
        .map(
          ({ scope, path, related }) => `${scope} ${path.join('.')} by ${related?.scope} ${related?.path.join('.')}`,
        ),
    ).toEqual(['policy/shared 0.allow.and by global 0.allow.and', 'cluster/dev 0.allow.and by global 0.allow.and']);
  });
});

const pick = fc.constantFrom;
const names = ['prod', 'dev', 'prod-a', ''];
const text = fc.oneof(
  pick<unknown>(
    ...names,
    { not: 'prod' },
    { starts_with: 'prod' },
    { starts_with: '' },
    { not_in: [] },
    { ends_with: 'a' },
  ),
  fc.array(pick('prod', 'dev', 'prod-a'), { maxLength: 3 }),
  fc.array(pick('prod', 'dev'), { maxLength: 2 }).map((list) => ({ in: list })),
);
const pattern = pick(
  'pods',
  'pods/exec',
  'pods/*',
  'nodes',
  'nodes/proxy',
  'nodes/*',
  '*',
  '*/proxy',
  'deployments.apps',
);
const resources = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 }));
const verbs = fc.oneof(pick<unknown>('get', 'list', 'create', { not: 'get' }), fc.subarray(['get', 'list', 'create']));
const people = pick<unknown>('A@x', 'a@x', { in: ['a@x', 'A@x'] }, { starts_with: 'A' }, { not: 'a@x' });
const of = (key: string, data: fc.Arbitrary<unknown>) => data.map((one) => ({ [key]: one }));
const criterion = fc.oneof(
  of('k8s/namespace', text),
  of('k8s/name', text),
  of('k8s/cluster', text),
  of('k8s/resource', resources),
  of('k8s/verb', verbs),
  of('groups', pick<unknown>('a', 'b', { has: 'a' }, { exclude: 'a' })),
  of('email', people),
  of('user', people),
  of('elevation', pick<unknown>('x', ['x', 'y'])),
  of('http_method', pick<unknown>('GET', 'POST')),
  fc.constantFrom<object>({ accept: true }, { authenticated_user: true }, { reject: true }),
);
const block = fc
  .tuple(
    pick('allow', 'allow', 'deny'),
    pick('and', 'and', 'or', 'not', 'nor'),
    fc.array(criterion, { minLength: 1, maxLength: 3 }),
  )
  .map(([action, operator, criteria]): Rule => ({ [action]: { [operator]: criteria } }));
const email = pick('A@x', 'a@x', 'b@x');
const input: fc.Arbitrary<PolicyInput> = fc
  .record({
    groups: fc.subarray(['a', 'b', 'c']),
    email,
    user: email,
    elevations: fc.subarray(['x', 'y']),
    method: pick('GET', 'POST'),
    kubernetes: fc.record({
      cluster: pick(...names),
      verb: pick('get', 'list', 'create', 'deletecollection'),
      isResourceRequest: pick(true, true, true, false),
      resource: pick('pods', 'nodes', 'deployments', 'widgets'),
      apiGroup: pick('', 'apps'),
      subresource: pick('', 'exec', 'proxy'),
      namespace: pick(...names),
      name: pick(...names, 'prod:443'),
      requestVerb: pick('', 'proxy', 'get'),
    }),
  })
  .map(({ groups, email: mail, user, elevations, method, kubernetes }) => ({
    session: { id: 's' },
    user: { id: user, email: mail, groups },
    elevations,
    request: { method },
    kubernetes,
  }));

function without(document: readonly Rule[], path: readonly (string | number)[]): Rule[] {
  const copy = JSON.parse(JSON.stringify(document)) as Rule[];
  const [index, action, operator, item] = path as [number, string, string, number | undefined];
  const body = copy[index]![action]!;
  if (item === undefined) delete body[operator];
  else body[operator]!.splice(item, 1);
  return copy;
}

function effectsOf(document: unknown, inputs: readonly PolicyInput[]): string[] {
  const compiled = compilePolicy(document, { scope: 'x' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return inputs.map((one) => evaluatePolicy([compiled.policy], one).effect);
}

describe('a warning', () => {
  it('that a rule has no effect is true: without the rule, every request has the same answer', () => {
    let checked = 0;
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 2, maxLength: 5 }),
        fc.array(input, { minLength: 30, maxLength: 30 }),
        (document, inputs) => {
          for (const { path, code } of warningsOf(document)) {
            if (code !== 'shadowed' && code !== 'always-denied') continue;
            checked += 1;
            expect({ path, effects: effectsOf(without(document, path), inputs) }).toEqual({
              path,
              effects: effectsOf(document, inputs),
            });
          }
        },
      ),
      { numRuns: 800, endOnFailure: true },
    );
    expect(checked).toBeGreaterThan(60);
  });

  it('that a rule never holds is true as well', () => {
    const never =
      /^never holds(?: for one [a-z0-9/_]+)?: no (?:value|resource) matches|^is an empty list, so it never holds/;
    let checked = 0;
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.array(input, { minLength: 30, maxLength: 30 }),
        (document, inputs) => {
          for (const { path, message } of warningsOf(document)) {
            if (!never.test(message) || message.includes('span namespaces')) continue;
            checked += 1;
            const rule = path[2] === 'and' ? path.slice(0, 3) : path;
            expect({ path, effects: effectsOf(without(document, rule), inputs) }).toEqual({
              path,
              effects: effectsOf(document, inputs),
            });
          }
        },
      ),
      { numRuns: 800, endOnFailure: true },
    );
    expect(checked).toBeGreaterThan(30);
  });
});
