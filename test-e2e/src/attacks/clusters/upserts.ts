import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { createNamespace, type TestNamespace } from '../../harness/index.ts';
import { bytesOf, expectAccepted, expectRefused, send, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const apply = 'application/apply-patch+yaml';
const sent = (method: string, path: string, type: string | string[], body = '{}'): Attack => ({
  method,
  target: path,
  lines: [...[type].flat().map((one) => `Content-Type: ${one}`), `Content-Length: ${body.length}`],
  body,
});
const pod = '/api/v1/namespaces/dev/pods/web';
const upserts: [string, Attack][] = [
  ['a server-side apply', sent('PATCH', pod, apply)],
  ['one of a binding', sent('PATCH', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/evil', apply)],
  ['one in CBOR', sent('PATCH', pod, 'application/apply-patch+cbor')],
  ['one in capitals, with a parameter', sent('PATCH', pod, 'Application/Apply-Patch+YAML; charset=utf-8')],
  ['one behind another type', sent('PATCH', pod, ['application/merge-patch+json', apply])],
  ['a patch without a type', { method: 'PATCH', target: pod, lines: ['Content-Length: 2'], body: '{}' }],
  ['a PUT of a Lease', sent('PUT', '/apis/coordination.k8s.io/v1/namespaces/dev/leases/a', 'application/json')],
  [
    'a PUT of a role binding',
    sent('PUT', '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings/evil', 'application/json'),
  ],
  ["a PUT of a Service's status", sent('PUT', '/api/v1/namespaces/dev/services/web/status', 'application/json')],
];
const custom = sent('PUT', '/apis/example.com/v1/namespaces/dev/widgets/w', 'application/json');
const updates: [string, Attack][] = [
  ['a PUT of a pod', sent('PUT', pod, 'application/json')],
  ['a merge patch', sent('PATCH', pod, 'application/merge-patch+json')],
  ['a strategic merge patch', sent('PATCH', pod, 'application/strategic-merge-patch+json; charset=utf-8')],
  ['a JSON patch', sent('PATCH', pod, 'application/json-patch+json', '[]')],
];
const at = (cluster: string, attack: Attack): Attack => ({ ...attack, target: `/clusters/${cluster}${attack.target}` });

type Discovered = {
  groups: { versions: { groupVersion: string }[] }[];
  resources: { name: string; namespaced: boolean; kind: string; group?: string; version?: string; verbs: string[] }[];
};
type Tried = { what: string; code: number; creates: boolean; taken: boolean };

/**
 * Sends an apply and a PUT for a missing object of each kind and subresource that supports them, as a dry run. A response
 * other than 404 means that it would be created.
 */
async function tryEveryKind(read: (path: string) => Promise<Discovered>): Promise<Tried[]> {
  const tried: Tried[] = [];
  const groupVersions = (await read('/apis')).groups.flatMap(({ versions }) =>
    versions.map(({ groupVersion }) => groupVersion),
  );
  for (const groupVersion of ['v1', ...groupVersions]) {
    const prefix = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    for (const { name, namespaced, kind, group = '', version, verbs } of (await read(prefix)).resources) {
      const [resource, subresource] = name.split('/');
      // Kinds of other tests are temporary, and proxied resources are not written.
      if (subresource === 'proxy' || groupVersion.includes('example.com')) continue;
      const target = `${prefix}${namespaced ? '/namespaces/default' : ''}/${resource}/not-there${subresource === undefined ? '' : `/${subresource}`}?dryRun=All`;
      const body = JSON.stringify({
        apiVersion: version === undefined ? groupVersion : [group, version].filter(Boolean).join('/'),
        kind,
        metadata: { name: 'not-there', ...(namespaced ? { namespace: 'default' } : {}) },
      });
      for (const [verb, method, type] of [
        ['patch', 'PATCH', apply],
        ['update', 'PUT', 'application/json'],
      ] as const) {
        if (!verbs.includes(verb)) continue;
        const { code } = await send(
          bytesOf(at('real', sent(method, verb === 'patch' ? `${target}&fieldManager=x` : target, type, body))),
          5000,
        );
        const parsed = parseRequestTarget(target);
        tried.push({
          what: `${method} ${groupVersion} ${name}`,
          code,
          creates: code !== 404,
          taken: parsed.ok && readRequestInfo({ method, ...parsed, contentTypes: [type] }).upsert,
        });
      }
    }
  }
  return tried;
}

export function attackUpserts(): void {
  describe('S28: a request that may create', () => {
    it.each(upserts)(
      '%s is refused if create is denied, and if only update and patch are allowed',
      async (_what, attack) => {
        await expectRefused(at('nocreate', attack), 403, /create/);
        await expectRefused(at('updaters', attack), 403);
      },
    );
    it('a PUT of a custom kind is refused like them, because an aggregated API may create by it', async () => {
      // The gateway may ask the cluster who serves the kind, but does not forward the request.
      const before = attackFixture().dev.requests.length;
      for (const cluster of ['nocreate', 'updaters']) expect((await send(bytesOf(at(cluster, custom)))).code).toBe(403);
      expect(
        attackFixture()
          .dev.requests.slice(before)
          .filter(({ method }) => method !== 'GET'),
      ).toEqual([]);
    });

    it.each(updates)('%s is not refused', async (_what, attack) => {
      await expectAccepted(at('nocreate', attack));
      await expectAccepted(at('updaters', attack));
    });
  });

  describe('S28: the real API server', () => {
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace({ cluster: attackFixture().cluster });
      await attackFixture().cluster.admin.apply({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'attack-upserts', namespace: namespace.name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
      });
    });
    afterAll(() => namespace?.remove());

    const made = (): [string, Attack][] => {
      const object = (apiVersion: string, kind: string, name: string, more: object = {}) =>
        JSON.stringify({ apiVersion, kind, metadata: { name, namespace: namespace.name }, ...more });
      const place = (prefix: string) => `${prefix}/namespaces/${namespace.name}`;
      return [
        [
          'configmap/applied',
          sent(
            'PATCH',
            `${place('/api/v1')}/configmaps/applied?fieldManager=x`,
            apply,
            object('v1', 'ConfigMap', 'applied'),
          ),
        ],
        [
          'lease/put',
          sent(
            'PUT',
            `${place('/apis/coordination.k8s.io/v1')}/leases/put`,
            'application/json',
            object('coordination.k8s.io/v1', 'Lease', 'put', { spec: {} }),
          ),
        ],
        [
          'service/put',
          sent(
            'PUT',
            `${place('/api/v1')}/services/put/status`,
            'application/json',
            object('v1', 'Service', 'put', { spec: { ports: [{ port: 80 }] } }),
          ),
        ],
      ];
    };

    it('creates by these, so they are refused if create is denied', async () => {
      const { admin } = attackFixture().cluster;
      const exists = async (what: string) => (await admin.tryKubectl(['get', what, '-n', namespace.name])).code === 0;
      for (const [what, attack] of made()) {
        expect([what, (await send(bytesOf(at('real-nocreate', attack)), 5000)).code, await exists(what)]).toEqual([
          what,
          403,
          false,
        ]);
        expect([what, (await send(bytesOf(at('real', attack)), 5000)).code, await exists(what)]).toEqual([
          what,
          201,
          true,
        ]);
        // Once the object exists, it may be an update, but the request does not show that.
        expect((await send(bytesOf(at('real-nocreate', attack)), 5000)).code).toBe(403);
      }
    });

    it('does not create by another patch or by a PUT of another kind', async () => {
      const path = `/api/v1/namespaces/${namespace.name}/configmaps/absent`;
      for (const attack of [
        sent('PATCH', path, 'application/merge-patch+json'),
        sent('PATCH', path, 'application/strategic-merge-patch+json'),
        sent('PATCH', path, 'application/json-patch+json', '[]'),
        sent(
          'PUT',
          path,
          'application/json',
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'absent', namespace: namespace.name },
          }),
        ),
      ])
        expect((await send(bytesOf(at('real-nocreate', attack)), 5000)).code).toBe(404);
    });

    it('creates exactly by what the gateway classifies as an upsert, for all kinds that it serves', async () => {
      const { admin } = attackFixture().cluster;
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'attack-upserts' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
      };
      await admin.apply(role);
      try {
        const seen = await tryEveryKind(
          async (path) => JSON.parse(await admin.kubectl(['get', '--raw', path])) as Discovered,
        );
        expect(seen.length).toBeGreaterThan(100);
        expect(seen.filter(({ creates, taken }) => creates !== taken)).toEqual([]);
      } finally {
        await admin.kubectl(['delete', 'clusterrolebinding', 'attack-upserts']);
      }
    });
  });
}
