import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { extraVerbsOf } from '../input/extra-verbs.ts';
import type { KubernetesInput } from '../input/policy-input.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explain-policy.ts';

function compile(rules: object[]) {
  const compiled = compilePolicy(rules, { scope: 'cluster/dev' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return [compiled.policy];
}
const everything = { allow: { or: [{ authenticated_user: true }] } };
const mallory = { session: { id: 's' }, user: { id: 'mallory' } };
const evaluate = (rules: object[], kubernetes: KubernetesInput) =>
  evaluatePolicy(compile(rules), { ...mallory, kubernetes });
const asked = (verb: string, resource: string, more: KubernetesInput = {}): KubernetesInput => ({
  verb,
  requestVerb: verb,
  isResourceRequest: true,
  apiGroup: '',
  apiVersion: 'v1',
  resource,
  subresource: '',
  namespace: 'dev',
  name: 'x',
  ...more,
});
const node = (verb: string, more: KubernetesInput = {}) =>
  asked(verb, 'nodes', { subresource: 'proxy', namespace: '', name: 'n1', ...more });
const noCreate = [everything, { deny: { and: [{ 'k8s/verb': 'create' }] } }];

describe('a request that amounts to a create', () => {
  const some: [string, KubernetesInput][] = [
    ['port-forward through a kubelet', node('get', { upgrade: true })],
    ['the pods of a kubelet', node('get')],
    ['a kubelet by the old proxy API', asked('proxy', 'nodes', { namespace: '', name: 'n1' })],
    ['an upgrade through a pod', asked('get', 'pods', { subresource: 'proxy', upgrade: true })],
    ['an upgrade through a Service', asked('get', 'services', { subresource: 'proxy', upgrade: true })],
    ['an upgrade through the old proxy API of a pod', asked('proxy', 'pods', { upgrade: true })],
    [
      'an apply patch',
      asked('patch', 'clusterrolebindings', { apiGroup: 'rbac.authorization.k8s.io', namespace: '', upsert: true }),
    ],
    ['a PUT that creates', asked('update', 'leases', { apiGroup: 'coordination.k8s.io', upsert: true })],
  ];

  it.each(some)('must be allowed as a create and not denied as one: %s', (_name, kubernetes) => {
    const own = { allow: { and: [{ 'k8s/verb': ['get', 'list', 'watch', 'patch', 'update', 'proxy'] }] } };
    expect(evaluate([own], kubernetes)).toMatchObject({
      effect: 'deny',
      rule: 'default-deny',
      evaluatedAs: 'create',
      allow: { reasons: ['k8s-verb-unauthorized'] },
    });
    expect(evaluate(noCreate, kubernetes)).toMatchObject({
      effect: 'deny',
      rule: 'cluster/dev[1].deny.and',
      evaluatedAs: 'create',
      deny: { reasons: ['k8s-verb-ok'] },
    });
    expect(evaluate([own, { allow: { and: [{ 'k8s/verb': 'create' }] } }], kubernetes)).toMatchObject({
      effect: 'allow',
      rule: 'cluster/dev[0].allow.and',
    });
  });

  it('is refused by its own verb first', () => {
    expect(evaluate([{ allow: { and: [{ 'k8s/verb': 'create' }] } }], node('get'))).toEqual({
      effect: 'deny',
      rule: 'default-deny',
      allow: { value: false, reasons: ['k8s-verb-unauthorized'] },
      deny: { value: false, reasons: [] },
    });
  });

  it.each([
    asked('get', 'pods'),
    asked('get', 'pods', { subresource: 'proxy' }),
    asked('get', 'pods', { subresource: 'log', upgrade: true }),
    asked('patch', 'pods'),
    asked('update', 'pods'),
    asked('get', 'nodes', { namespace: '' }),
    asked('create', 'pods', { subresource: 'exec', upgrade: true }),
  ])('is not %j', (kubernetes) => {
    expect(extraVerbsOf(kubernetes)).toHaveLength(0);
  });

  it('is evaluated by expressions under that verb too, with everything else unchanged', () => {
    const deny = {
      deny: {
        or: [
          {
            expression:
              'kubernetes.verb == "create" && kubernetes.requestVerb == "patch" && kubernetes.namespace == "dev" && kubernetes.name == "x"',
          },
        ],
      },
    };
    expect(evaluate([everything, deny], asked('patch', 'configmaps', { upsert: true }))).toMatchObject({
      effect: 'deny',
      evaluatedAs: 'create',
    });
    expect(evaluate([everything, deny], asked('patch', 'configmaps'))).toMatchObject({ effect: 'allow' });
  });

  it('is explained under the verb that refused it', () => {
    const { evaluatedAs, alternatives } = explainPolicy(compile(noCreate), {
      ...mallory,
      kubernetes: asked('patch', 'configmaps', { upsert: true }),
    });
    expect({ evaluatedAs, alternatives }).toMatchObject({
      evaluatedAs: 'create',
      alternatives: [{ holds: true }, { holds: true, criteria: [{ name: 'k8s/verb', holds: true, value: 'create' }] }],
    });
  });
});

describe('a request for a Secret', () => {
  const unread = [
    everything,
    { deny: { and: [{ 'k8s/resource': 'secrets' }, { 'k8s/verb': ['get', 'list', 'watch'] }] } },
  ];

  it.each(['create', 'update', 'patch', 'delete', 'deletecollection'])('is a read too: %s', (verb) => {
    const secret = asked(verb, 'secrets', verb === 'deletecollection' ? { name: '' } : {});
    expect(evaluate(unread, secret)).toMatchObject({
      effect: 'deny',
      rule: 'cluster/dev[1].deny.and',
      evaluatedAs: 'get',
    });
    for (const read of ['get', 'list', 'watch'])
      expect(
        evaluate([everything, { deny: { and: [{ 'k8s/resource': 'secrets' }, { 'k8s/verb': read }] } }], secret),
      ).toMatchObject({ effect: 'deny', evaluatedAs: read });
    expect(evaluate([{ allow: { and: [{ 'k8s/verb': verb }] } }], secret).effect).toBe('allow');
  });

  it('is never a dry run', () => {
    const tried = { allow: { and: [{ 'k8s/dry_run': true }] } };
    for (const verb of ['patch', 'deletecollection', 'delete', 'update', 'create'])
      expect([
        evaluate([tried], asked(verb, 'secrets', { dryRun: true })).effect,
        evaluate([tried], asked(verb, 'configmaps', { dryRun: true })).effect,
      ]).toEqual(['deny', 'allow']);
  });

  it('counts as the reads that it includes: a list as a get, a watch as a list, but a get not as a list', () => {
    const deny = (verb: string) => [everything, { deny: { and: [{ 'k8s/verb': verb }] } }];
    const all = (verb: string) => asked(verb, 'secrets', { name: '' });
    expect([
      evaluate(deny('get'), all('list')).effect,
      evaluate(deny('list'), all('watch')).effect,
      evaluate(deny('get'), all('watch')).effect,
    ]).toEqual(['deny', 'deny', 'deny']);
    expect([
      evaluate(deny('list'), asked('get', 'secrets')).effect,
      evaluate(deny('watch'), all('list')).effect,
    ]).toEqual(['allow', 'allow']);
  });

  it('reaches the same objects under every verb', () => {
    const inProd = [everything, { deny: { and: [{ 'k8s/namespace': 'prod' }, { 'k8s/verb': 'get' }] } }];
    expect(evaluate(inProd, asked('deletecollection', 'secrets', { namespace: '', name: '' }))).toMatchObject({
      effect: 'deny',
      evaluatedAs: 'get',
      deny: { reasons: ['k8s-namespace-open', 'k8s-verb-ok'] },
    });
    expect(evaluate(inProd, asked('patch', 'secrets')).effect).toBe('allow');
    // A create has no name, and is not a list because it is evaluated as one.
    expect(
      evaluate([everything, { deny: { and: [{ 'k8s/name': 'db' }] } }], asked('create', 'secrets', { name: '' }))
        .effect,
    ).toBe('allow');
  });

  it('is one of the core group only', () => {
    expect(extraVerbsOf(asked('patch', 'secrets', { apiGroup: 'vault.example' }))).toHaveLength(0);
  });

  it('is a create too if it is an upsert', () => {
    expect(evaluate(noCreate, asked('patch', 'secrets', { upsert: true }))).toMatchObject({ evaluatedAs: 'create' });
    expect(evaluate(unread, asked('patch', 'secrets', { upsert: true }))).toMatchObject({ evaluatedAs: 'get' });
  });
});

describe('extra verbs', () => {
  it("never allow what the request's own verb is refused, and must all pass", () => {
    const criterion = fc.constantFrom(
      { 'k8s/verb': ['get', 'list'] },
      { 'k8s/verb': 'create' },
      { 'k8s/verb': { not: 'create' } },
      { 'k8s/resource': 'secrets' },
      { 'k8s/resource': ['nodes/proxy', 'configmaps'] },
      { 'k8s/namespace': 'dev' },
      { 'k8s/shell_equivalent': true },
      { 'k8s/dry_run': true },
    );
    const body = fc.dictionary(
      fc.constantFrom('and', 'or', 'not', 'nor'),
      fc.array(criterion, { minLength: 1, maxLength: 2 }),
      { maxKeys: 2 },
    );
    const rules = fc.array(fc.record({ allow: body, deny: body }, { requiredKeys: [] }), { maxLength: 3 });
    const request = fc.constantFrom(
      node('get'),
      asked('patch', 'configmaps', { upsert: true, dryRun: true }),
      asked('delete', 'secrets', { dryRun: true }),
      asked('patch', 'secrets', { upsert: true }),
      asked('get', 'pods'),
    );
    fc.assert(
      fc.property(rules, request, (some, kubernetes) => {
        const plain = {
          ...kubernetes,
          apiGroup: kubernetes.resource === 'secrets' ? 'other.example' : kubernetes.apiGroup,
          upsert: false,
          upgrade: false,
        };
        const { effect } = evaluate(some, kubernetes);
        if (effect === 'allow' && kubernetes.resource === 'configmaps') {
          expect(evaluate(some, plain).effect).toBe('allow');
          expect(evaluate(some, { ...plain, verb: 'create' }).effect).toBe('allow');
        }
        for (const { verb, denyOnly } of extraVerbsOf(kubernetes)) {
          const read = evaluate(some, { ...kubernetes, verb, upsert: false });
          if (effect === 'allow') expect(denyOnly ? read.deny.value : read.effect !== 'allow').toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
