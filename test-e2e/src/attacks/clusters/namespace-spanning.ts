import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, eventually, type TestNamespace } from '../../harness/index.ts';
import { bytesOf, expectAccepted, expectRefused, send, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const cluster = '/clusters/noprod';
/** Everything that reaches namespaces without naming them, including prod. */
const spanning: [string, Attack][] = [
  ['a list', { target: `${cluster}/api/v1/secrets` }],
  ['a list by HEAD', { method: 'HEAD', target: `${cluster}/api/v1/pods` }],
  ['a list of one name', { target: `${cluster}/api/v1/pods?fieldSelector=metadata.name%3Dweb` }],
  [
    'a list with a selector that pins prod',
    { target: `${cluster}/api/v1/pods?fieldSelector=metadata.namespace%3Dprod` },
  ],
  [
    'a list with a selector that excludes it',
    { target: `${cluster}/api/v1/pods?fieldSelector=metadata.namespace!%3Dprod` },
  ],
  ['a watch', { target: `${cluster}/api/v1/pods?watch=1` }],
  ['a legacy watch', { target: `${cluster}/api/v1/watch/pods` }],
  ['a deletecollection', { method: 'DELETE', target: `${cluster}/apis/apps/v1/deployments` }],
  ['a list of a custom kind', { target: `${cluster}/apis/example.com/v1/widgets` }],
  [
    'a list of an aggregated API with a pinned selector',
    { target: `${cluster}/apis/example.com/v1/widgets?fieldSelector=metadata.namespace%3Ddev` },
  ],
  ...['pods', 'containerLogs/prod/web/c', 'exec/prod/web/c?command=id', 'logs/', 'configz'].map(
    (path): [string, Attack] => [`a node's ${path}`, { target: `${cluster}/api/v1/nodes/n/proxy/${path}` }],
  ),
  [
    'a run through a node',
    { method: 'POST', target: `${cluster}/api/v1/nodes/n/proxy/run/prod/web/web`, lines: ['Content-Length: 0'] },
  ],
  ['the legacy path to a node', { target: `${cluster}/api/v1/proxy/nodes/n/pods` }],
];
const other: [string, Attack][] = [
  ['a list of another namespace', { target: `${cluster}/api/v1/namespaces/dev/secrets` }],
  [
    'a list with a selector that pins another',
    { target: `${cluster}/api/v1/pods?fieldSelector=metadata.namespace%3Ddev` },
  ],
  ['a cluster-scoped kind', { target: `${cluster}/api/v1/nodes` }],
  ['the namespaces', { target: `${cluster}/api/v1/namespaces` }],
  ['a path that is not a resource', { target: `${cluster}/version` }],
];

const crd = (plural: string, scope: 'Namespaced' | 'Cluster') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.attacks.example.com` },
  spec: {
    group: 'attacks.example.com',
    scope,
    names: {
      plural,
      singular: plural.slice(0, -1),
      kind: plural[0]!.toUpperCase() + plural.slice(1, -1),
      listKind: `${plural[0]!.toUpperCase() + plural.slice(1, -1)}List`,
    },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});
const custom = (plural: string) => `/clusters/real-noprod/apis/attacks.example.com/v1/${plural}`;

export function attackSpanning(): void {
  describe('S16: under a deny by namespace', () => {
    it.each(spanning)('%s is refused', async (_what, attack) => {
      // The gateway may ask the cluster about the kind, but does not forward the request.
      const before = attackFixture().dev.requests.length;
      const reply = await send(bytesOf(attack));
      expect(reply.code).toBe(403);
      expect(
        attackFixture()
          .dev.requests.slice(before)
          .map(({ url }) => url)
          .filter((url) => !['/apis', '/apis/apiregistration.k8s.io/v1/apiservices'].includes(url)),
      ).toEqual([]);
    });

    it.each(other)('%s is not refused', async (_what, attack) => {
      await expectAccepted(attack);
    });

    it('the refusal states what the request reaches and what to request instead', async () => {
      await expectRefused({ target: `${cluster}/api/v1/secrets` }, 403, /all namespaces.*-n/);
    });
  });

  describe('S16: the real API server', () => {
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace({ cluster: attackFixture().cluster });
      await attackFixture().cluster.admin.apply(
        crd('zones', 'Cluster'),
        crd('gadgets', 'Namespaced'),
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'attack-spanning' },
          rules: [{ apiGroups: ['attacks.example.com'], resources: ['*'], verbs: ['*'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'attack-spanning' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'attack-spanning' },
          subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
        },
      );
    });
    afterAll(async () => {
      await attackFixture().cluster.admin.kubectl([
        'delete',
        'crd',
        'zones.attacks.example.com',
        'gadgets.attacks.example.com',
        '--wait=false',
      ]);
      await namespace?.remove();
    });

    it('reports whether a custom kind is namespaced, so that only spanning requests are refused', async () => {
      const codeOf = async (target: string) => (await send(bytesOf({ target }), 5000)).code;
      await eventually(
        'a list of a kind without namespaces to be allowed',
        async () => (await codeOf(custom('zones'))) === 200,
      );
      expect(await codeOf(custom('gadgets'))).toBe(403);
      // The API server responds with 429 while it sets up the storage of a new kind.
      await eventually(
        'a list in a namespace to be allowed',
        async () =>
          (await codeOf(`/clusters/real-noprod/apis/attacks.example.com/v1/namespaces/${namespace.name}/gadgets`)) ===
          200,
      );
      expect(await codeOf(custom('unheardof'))).toBe(403);
    });

    it('reports who serves a custom kind if the gateway may ask, so that a selector narrows the request', async () => {
      const pinned = `${custom('gadgets')}?fieldSelector=metadata.namespace%3D${namespace.name}`;
      const codeOf = async (target: string) => (await send(bytesOf({ target }), 5000)).code;
      expect(await codeOf(pinned)).toBe(403);
      await attackFixture().cluster.admin.apply(
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'attack-api-services' },
          rules: [{ apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['list'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'attack-api-services' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'attack-api-services' },
          subjects: [{ kind: 'ServiceAccount', name: 'sallyport-gateway', namespace: 'sallyport' }],
        },
      );
      try {
        await eventually('a list with a pinned selector to be allowed', async () => (await codeOf(pinned)) === 200);
        expect(await codeOf(`${custom('gadgets')}?fieldSelector=metadata.namespace%3Dprod`)).toBe(403);
        expect(await codeOf(custom('gadgets'))).toBe(403);
      } finally {
        await attackFixture().cluster.admin.kubectl(['delete', 'clusterrolebinding', 'attack-api-services']);
      }
    });

    it('is asked again after a short time: a kind that is created again as namespaced spans namespaces', async () => {
      const { admin: kubectl } = attackFixture().cluster;
      await kubectl.kubectl(['delete', 'crd', 'zones.attacks.example.com', '--wait=true']);
      await kubectl.apply(crd('zones', 'Namespaced'));
      await kubectl.kubectl(['wait', '--for=condition=Established', 'crd/zones.attacks.example.com', '--timeout=240s']);
      await eventually(
        'a list to be refused',
        async () => (await send(bytesOf({ target: custom('zones') }), 5000)).code === 403,
      );
    });
  });
}
