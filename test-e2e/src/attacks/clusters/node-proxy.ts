import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, startPod, theBed, type TestNamespace } from '../../harness/index.ts';
import {
  bytesOf,
  eventOf,
  expectAccepted,
  expectRefused,
  send,
  spdy,
  webSocket,
  type Attack,
} from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const node = '/clusters/readonly/api/v1/nodes/n/proxy';
const reads = [
  '',
  '/',
  '/pods',
  '/runningpods/',
  '/containerLogs/prod/web/c',
  '/logs/',
  '/configz',
  '/metrics',
  '/debug/pprof/profile',
  '/portForward/prod/web',
  '/exec/prod/web/c?command=id',
  '/attach/prod/web/c',
];
const upgrades: [string, Attack][] = [
  'portForward/prod/web',
  'exec/prod/web/c?command=id&output=1',
  'attach/prod/web/c',
  'pods',
].flatMap((path): [string, Attack][] => [
  [`${path} over SPDY by GET`, { target: `${node}/${path}`, lines: spdy }],
  [`${path} over SPDY by POST`, { method: 'POST', target: `${node}/${path}`, lines: spdy }],
  [`${path} over WebSocket`, { target: `${node}/${path}`, lines: webSocket }],
]);
const proxied = ['namespaces/dev/pods/web/proxy/ws', 'namespaces/dev/services/https:web:443/proxy/ws'].map(
  (path) => `/clusters/readonly/api/v1/${path}`,
);

export function attackNodeProxy(): void {
  describe('S20: through nodes/proxy, under a policy of get and list', () => {
    it.each(reads)('GET %j is refused', async (path) => {
      const { event } = await expectRefused({ target: node + path }, 403);
      expect(event.data).toMatchObject({ verb: 'get', objectRef: { resource: 'nodes', subresource: 'proxy' } });
    });
    it.each(upgrades)('%s is refused', async (_what, attack) => {
      await expectRefused(attack, 403);
    });

    it.each(proxied)('a plain read of %s is allowed, and an upgrade is not', async (target) => {
      await expectAccepted({ target });
      await expectRefused({ target, lines: webSocket }, 403);
      await expectRefused({ target, lines: spdy }, 403);
    });

    it("an allowed request is recorded with the API server's verb, the kubelet path, its command and its ports", async () => {
      const { request } = await expectAccepted(
        { target: '/clusters/dev/api/v1/nodes/n/proxy/portForward/prod/web?port=5432', lines: webSocket },
        101,
      );
      const forward = await eventOf(request.header('audit-id')[0], 'RequestReceived');
      expect(forward.data).toMatchObject({
        verb: 'get',
        sallyport: {
          request: { method: 'GET', proxyPath: '/portForward/prod/web' },
          portForward: { ports: [{ port: 5432 }] },
        },
      });
      const run = await expectAccepted({
        method: 'POST',
        target: '/clusters/dev/api/v1/nodes/n/proxy/run/prod/web/c?cmd=cat%20/etc/shadow',
        lines: ['Content-Length: 0'],
      });
      const { data } = await eventOf(run.request.header('audit-id')[0], 'RequestReceived');
      expect(data).toMatchObject({
        verb: 'create',
        sallyport: {
          request: { method: 'POST', proxyPath: '/run/prod/web/c' },
          exec: { container: 'c', command: ['cat', '/etc/shadow'] },
        },
      });
      expect(data.requestURI).not.toContain('shadow');
    });
  });

  describe('S20: a real kubelet', () => {
    let namespace: TestNamespace;
    const ask = (attack: Attack) =>
      send(bytesOf({ authorization: `Bearer ${attackFixture().tokens.eve}`, ...attack }), 5000);
    const through = (cluster: string, path: string) =>
      `/clusters/${cluster}/api/v1/nodes/${theBed().cluster!.node!.name}/proxy/${path}`;
    beforeAll(async () => {
      namespace = await createNamespace();
      await startPod(namespace.name, 'web');
      await theBed().cluster!.admin.apply(
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'attack-nodes' },
          rules: [{ apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get', 'create'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'attack-nodes' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'attack-nodes' },
          // A person of these tests only, because the tests beside them know the rights of the others.
          subjects: [{ kind: 'User', name: 'eve@example.com', apiGroup: 'rbac.authorization.k8s.io' }],
        },
      );
    });
    afterAll(async () => {
      await theBed().cluster!.admin.kubectl(['delete', 'clusterrolebinding', 'attack-nodes', '--ignore-not-found']);
      await namespace?.remove();
    });

    it('opens a port-forward and runs a command only for callers with more than read access', async () => {
      const forward: string[] = [
        'Connection: Upgrade',
        'Upgrade: SPDY/3.1',
        'X-Stream-Protocol-Version: portforward.k8s.io',
      ];
      const run = (cluster: string): Attack => ({
        method: 'POST',
        target: through(cluster, `run/${namespace.name}/web/main?cmd=id`),
        lines: ['Content-Length: 0'],
      });
      const opening = (cluster: string): Attack => ({
        target: through(cluster, `portForward/${namespace.name}/web`),
        lines: forward,
      });
      expect((await ask(opening('real-node-readonly'))).code).toBe(403);
      expect((await ask(run('real-node-readonly'))).code).toBe(403);
      expect((await ask({ target: through('real-node-readonly', 'pods') })).code).toBe(403);
      expect((await ask(opening('real-node'))).code).toBe(101);
      const ran = await ask(run('real-node'));
      expect([ran.code, ran.body]).toEqual([200, expect.stringContaining('uid=0')]);
    });
  });
}
