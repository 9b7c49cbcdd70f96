import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import type { KubernetesInput, PolicyInput } from '../input/policy-input.ts';
import { evaluatePolicy } from './evaluate-policy.ts';

const mallory: PolicyInput = { session: { id: 's' }, user: { id: 'mallory', groups: ['developers'] } };
const everything = { allow: { or: [{ authenticated_user: true }] } };

function evaluateCriterion(rules: object[], kubernetes: KubernetesInput | undefined) {
  const compiled = compilePolicy(rules, { scope: 'cluster/dev' });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return evaluatePolicy([compiled.policy], { ...mallory, ...(kubernetes === undefined ? {} : { kubernetes }) });
}
const denies = (deny: object, kubernetes: KubernetesInput | undefined) =>
  evaluateCriterion([everything, { deny }], kubernetes).effect === 'deny';
const allows = (allow: object, kubernetes: KubernetesInput | undefined) =>
  evaluateCriterion([{ allow }], kubernetes).effect === 'allow';

const inProd = { or: [{ 'k8s/namespace': 'prod' }] };
const list = (more: KubernetesInput = {}): KubernetesInput => ({
  verb: 'list',
  requestVerb: 'list',
  isResourceRequest: true,
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'secrets',
  subresource: '',
  namespace: '',
  name: '',
  namespaced: true,
  aggregated: false,
  ...more,
});

const spanning: [string, KubernetesInput][] = [
  ['a list of all Secrets', list()],
  ['a watch of all pods', list({ verb: 'watch', requestVerb: 'watch', resource: 'pods' })],
  [
    'a deletecollection of all ConfigMaps',
    list({ verb: 'deletecollection', requestVerb: 'deletecollection', resource: 'configmaps' }),
  ],
  ['a list pinned to the namespace', list({ resource: 'pods', fieldSelector: 'metadata.namespace=prod' })],
  [
    'a list pinned to another namespace by an aggregated API, which may ignore it',
    list({
      apiGroup: 'metrics.k8s.io',
      apiVersion: 'v1beta1',
      resource: 'pods',
      aggregated: true,
      fieldSelector: 'metadata.namespace=dev',
    }),
  ],
  [
    'the same where it is not known who serves the kind',
    list({
      apiGroup: 'example.com',
      resource: 'widgets',
      aggregated: undefined,
      fieldSelector: 'metadata.namespace=dev',
    }),
  ],
  [
    'a kind that is not known',
    list({ apiGroup: 'example.com', resource: 'widgets', namespaced: undefined, aggregated: undefined }),
  ],
  ['a selector that excludes a namespace', list({ fieldSelector: 'metadata.namespace!=dev' })],
  ['a selector that names two', list({ fieldSelector: 'metadata.namespace=dev,metadata.namespace=prod' })],
  ['a malformed selector', list({ fieldSelector: 'metadata.namespace=dev,oops' })],
  ['a selector on something else', list({ fieldSelector: 'metadata.name=dev,involvedObject.namespace=dev' })],
  ['a namespace that is pinned behind an escape', list({ fieldSelector: 'metadata.namespace=pr\\od' })],
  ['a label selector', list({ labelSelector: 'metadata.namespace=dev' })],
  [
    'run through a kubelet',
    {
      ...list({
        verb: 'create',
        requestVerb: 'create',
        resource: 'nodes',
        subresource: 'proxy',
        name: 'n1',
        namespaced: false,
      }),
    },
  ],
  [
    'pods read through a kubelet',
    {
      ...list({
        verb: 'get',
        requestVerb: 'get',
        resource: 'nodes',
        subresource: 'proxy',
        name: 'n1',
        namespaced: false,
      }),
    },
  ],
  [
    'a kubelet through the old proxy',
    { ...list({ verb: 'proxy', requestVerb: 'proxy', resource: 'nodes', name: 'n1', namespaced: false }) },
  ],
  [
    'a kubelet by a path with a namespace',
    {
      ...list({
        verb: 'create',
        requestVerb: 'create',
        resource: 'nodes',
        subresource: 'proxy',
        name: 'n1',
        namespace: 'kube-public',
      }),
    },
  ],
  ['a built-in kind without further attributes', { verb: 'list', resource: 'deployments', apiGroup: 'apps' }],
];

const elsewhere: [string, KubernetesInput | undefined][] = [
  ['another namespace', list({ namespace: 'dev' })],
  ['a list pinned to another namespace', list({ fieldSelector: 'metadata.namespace=dev' })],
  [
    'the same with two equals signs and more terms',
    list({ fieldSelector: 'status.phase=Running,metadata.namespace==dev' }),
  ],
  ['a list of a cluster-scoped kind', list({ resource: 'nodes', namespaced: false })],
  ['the same without further attributes', { verb: 'list', resource: 'nodes' }],
  ['a list of a cluster-scoped custom kind', list({ apiGroup: 'example.com', resource: 'fleets', namespaced: false })],
  ['the namespaces', list({ resource: 'namespaces', namespaced: false })],
  [
    'a get without a namespace',
    list({
      verb: 'get',
      requestVerb: 'get',
      apiGroup: 'example.com',
      resource: 'widgets',
      name: 'x',
      namespaced: undefined,
    }),
  ],
  [
    'a create without a namespace',
    list({
      verb: 'create',
      requestVerb: 'create',
      apiGroup: 'example.com',
      resource: 'widgets',
      namespaced: undefined,
    }),
  ],
  ['a node itself', list({ verb: 'get', requestVerb: 'get', resource: 'nodes', name: 'n1', namespaced: false })],
  [
    'a non-resource path',
    { verb: 'get', requestVerb: 'get', isResourceRequest: false, path: '/healthz', resource: '' },
  ],
  ['a request without Kubernetes attributes', undefined],
];

describe('a deny by namespace', () => {
  it.each(spanning)('holds for %s', (_name, kubernetes) => {
    expect(denies(inProd, kubernetes)).toBe(true);
    expect(denies({ and: [{ groups: 'developers' }, { 'k8s/namespace': { starts_with: 'prod' } }] }, kubernetes)).toBe(
      true,
    );
    expect(
      denies({ or: [{ expression: 'has(kubernetes.namespace) && kubernetes.namespace == "prod"' }] }, kubernetes),
    ).toBe(true);
  });

  it.each(spanning.filter(([name]) => name !== 'a list pinned to the namespace'))(
    'holds after not and nor for %s',
    (_name, kubernetes) => {
      expect(denies({ not: [{ 'k8s/namespace': 'dev' }] }, kubernetes)).toBe(true);
      expect(denies({ nor: [{ 'k8s/namespace': 'dev' }, { groups: 'developers' }] }, kubernetes)).toBe(true);
    },
  );

  it.each(elsewhere)('does not hold for %s', (_name, kubernetes) => {
    expect(denies(inProd, kubernetes)).toBe(false);
    expect(
      denies({ or: [{ expression: 'has(kubernetes.namespace) && kubernetes.namespace == "prod"' }] }, kubernetes ?? {}),
    ).toBe(false);
  });

  it('is reported as open, and does not hold if another part is false or nothing could match', () => {
    expect(evaluateCriterion([everything, { deny: inProd }], list())).toMatchObject({
      rule: 'cluster/dev[1].deny.or',
      deny: { reasons: ['k8s-namespace-open'] },
    });
    expect(denies({ and: [{ groups: 'auditors' }, { 'k8s/namespace': 'prod' }] }, list())).toBe(false);
    expect(denies({ and: [{ 'k8s/resource': 'pods' }, { 'k8s/namespace': 'prod' }] }, list())).toBe(false);
    expect(denies({ or: [{ 'k8s/namespace': { in: [] } }] }, list())).toBe(false);
    expect(denies({ or: [{ 'k8s/namespace': { in: [], starts_with: 'p' } }] }, list())).toBe(false);
  });
});

describe('an allow by namespace', () => {
  it.each(spanning.filter(([name]) => name !== 'a list pinned to the namespace'))(
    'must hold for all namespaces, so it does not for %s',
    (_name, kubernetes) => {
      for (const allow of [
        inProd,
        { not: [{ 'k8s/namespace': 'kube-system' }] },
        { nor: [{ 'k8s/namespace': 'kube-system' }] },
        { or: [{ 'k8s/namespace': { not: 'kube-system' } }] },
        { or: [{ expression: '!has(kubernetes.namespace)' }] },
      ]) {
        expect(allows(allow, kubernetes)).toBe(false);
      }
    },
  );

  it('holds if all of them match, or if the namespace is pinned', () => {
    expect(allows({ or: [{ 'k8s/namespace': { starts_with: '' } }] }, list())).toBe(true);
    expect(allows({ or: [{ 'k8s/namespace': { not_in: [] } }] }, list())).toBe(true);
    const pinned = list({ resource: 'pods', fieldSelector: 'metadata.namespace=dev' });
    expect(allows({ or: [{ 'k8s/namespace': 'dev' }] }, pinned)).toBe(true);
    expect(allows({ or: [{ expression: 'kubernetes.namespace == "dev"' }] }, pinned)).toBe(true);
  });
});

describe('a criterion by name', () => {
  const byName = { or: [{ 'k8s/name': 'db' }] };

  it.each([
    ['a list', list({ namespace: 'dev' })],
    ['a watch', list({ verb: 'watch', requestVerb: 'watch', namespace: 'dev' })],
    ['a deletecollection', list({ verb: 'deletecollection', requestVerb: 'deletecollection', namespace: 'dev' })],
    ['a list of a cluster-scoped kind', list({ resource: 'persistentvolumes', namespaced: false })],
    [
      'a list by a name that an aggregated API may ignore',
      list({
        namespace: 'dev',
        name: 'web',
        fieldSelector: 'metadata.name=web',
        aggregated: undefined,
        apiGroup: 'example.com',
      }),
    ],
    [
      'a deletecollection by that name',
      list({
        verb: 'deletecollection',
        requestVerb: 'deletecollection',
        namespace: 'dev',
        fieldSelector: 'metadata.name=db',
      }),
    ],
  ])('is open for %s without a name', (_name, kubernetes) => {
    expect(denies(byName, kubernetes)).toBe(true);
    expect(denies({ or: [{ expression: 'has(kubernetes.name) && kubernetes.name == "db"' }] }, kubernetes)).toBe(true);
    expect(allows({ not: [{ 'k8s/name': 'other' }] }, kubernetes)).toBe(
      kubernetes.fieldSelector === 'metadata.name=db',
    );
  });

  const throughNode = list({
    verb: 'create',
    requestVerb: 'create',
    resource: 'nodes',
    subresource: 'proxy',
    name: 'n1',
    namespaced: false,
  });

  it.each<[string, object]>([
    ['by name', byName],
    ['by namespace and name', { and: [{ 'k8s/namespace': 'prod' }, { 'k8s/name': 'db' }] }],
    [
      'by resource, namespace and name',
      { and: [{ 'k8s/resource': '*' }, { 'k8s/namespace': 'prod' }, { 'k8s/name': 'db' }] },
    ],
    ['by any resource and name', { and: [{ 'k8s/resource': '*' }, { 'k8s/name': 'db' }] }],
    ['by an expression', { or: [{ expression: 'has(kubernetes.name) && kubernetes.name == "db"' }] }],
    [
      'by namespace and an expression',
      { and: [{ 'k8s/namespace': 'prod' }, { expression: 'kubernetes.name == "db" && kubernetes.resource != "x"' }] },
    ],
  ])('is open in a deny %s for a request through a node, which reaches pods of any name', (_name, deny) => {
    for (const kubernetes of [
      throughNode,
      { ...throughNode, verb: 'get', requestVerb: 'get' },
      { ...throughNode, verb: 'proxy', requestVerb: 'proxy', subresource: '' },
    ])
      expect(denies(deny, kubernetes)).toBe(true);
    expect(
      evaluateCriterion(
        [everything, { deny }],
        list({ verb: 'get', requestVerb: 'get', namespace: 'dev', name: 'web' }),
      ).effect,
    ).toBe('allow');
  });

  it('means the node if the rule is about nodes, and under allow', () => {
    for (const name of [{ 'k8s/name': 'n2' }, { expression: 'kubernetes.name == "n2"' }])
      expect(denies({ and: [{ 'k8s/resource': 'nodes/proxy' }, name] }, throughNode)).toBe(false);
    for (const name of [{ 'k8s/name': 'n1' }, { expression: 'kubernetes.name == "n1"' }])
      expect(denies({ and: [{ 'k8s/resource': 'nodes/proxy' }, name] }, throughNode)).toBe(true);
    expect(
      denies({ or: [{ expression: 'kubernetes.resource == "nodes" && kubernetes.name == "n2"' }] }, throughNode),
    ).toBe(false);
    expect(denies({ not: [{ 'k8s/name': 'n1' }] }, throughNode)).toBe(false);
    expect(allows({ and: [{ 'k8s/name': 'n1' }] }, throughNode)).toBe(true);
    expect(allows({ and: [{ 'k8s/name': 'n2' }] }, throughNode)).toBe(false);
  });

  it('compares the name if there is one, and matches nothing without', () => {
    for (const kubernetes of [
      list({ namespace: 'dev', name: 'web', fieldSelector: 'metadata.name=web' }),
      list({ verb: 'get', requestVerb: 'get', namespace: 'dev', name: 'web' }),
      list({ verb: 'watch', requestVerb: 'watch', namespace: 'dev', name: 'web' }),
      list({
        verb: 'deletecollection',
        requestVerb: 'deletecollection',
        namespace: 'dev',
        fieldSelector: 'metadata.name=web',
      }),
      list({ verb: 'create', requestVerb: 'create', namespace: 'dev' }),
    ])
      expect(denies(byName, kubernetes)).toBe(false);
  });
});

describe('any policy', () => {
  const namespace = fc.constantFrom('prod', 'dev', 'kube-system');
  const criterion = fc.oneof(
    namespace.map((one) => ({ 'k8s/namespace': one })),
    namespace.map((one) => ({ 'k8s/namespace': { not: one } })),
    fc.array(namespace, { maxLength: 2 }).map((some) => ({ 'k8s/namespace': { in: some } })),
    fc.constantFrom(
      { 'k8s/namespace': { starts_with: '' } },
      { 'k8s/namespace': { contains: 'o' } },
      { 'k8s/name': 'db' },
      { 'k8s/name': { not: 'db' } },
      { groups: 'developers' },
      { reject: true },
      { 'k8s/verb': ['list', 'watch'] },
      { 'k8s/resource': ['secrets', 'nodes/proxy'] },
      { 'k8s/shell_equivalent': true },
      { expression: 'kubernetes.namespace == "prod"' },
      { expression: '!has(kubernetes.name)' },
      { expression: 'kubernetes.verb == "create"' },
    ),
  );
  const body = fc.dictionary(
    fc.constantFrom('and', 'or', 'not', 'nor'),
    fc.array(criterion, { minLength: 1, maxLength: 3 }),
    { maxKeys: 2 },
  );
  const policy = fc.array(fc.record({ allow: body, deny: body }, { requiredKeys: [] }), { maxLength: 4 });
  const request = fc.constantFrom(
    ...spanning.map(([, kubernetes]) => kubernetes).filter(({ fieldSelector }) => fieldSelector === undefined),
  );

  it('allows no request that spans namespaces if a rule denies the same in one of them', () => {
    fc.assert(
      fc.property(policy, request, namespace, fc.constantFrom('db', 'web'), (rules, kubernetes, where, name) => {
        const there = evaluateCriterion([...rules, everything], {
          ...kubernetes,
          namespace: where,
          ...(kubernetes.name ? {} : { name, fieldSelector: `metadata.name=${name}`, aggregated: false }),
        });
        if (there.deny.value) expect(evaluateCriterion([...rules, everything], kubernetes).effect).toBe('deny');
      }),
      { numRuns: 3000 },
    );
  });

  it('allows a request that spans namespaces only if it allows the same in every one', () => {
    fc.assert(
      fc.property(policy, request, namespace, (rules, kubernetes, where) => {
        if (evaluateCriterion(rules, kubernetes).effect === 'allow')
          expect(evaluateCriterion(rules, { ...kubernetes, namespace: where }).effect).toBe('allow');
      }),
      { numRuns: 3000 },
    );
  });
});
