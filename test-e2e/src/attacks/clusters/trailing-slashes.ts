import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  clusterEvents,
  createNamespace,
  eventually,
  type ClusterEvent,
  type TestNamespace,
} from '../../harness/index.ts';
import {
  bytesOf,
  eventOf,
  expectAccepted,
  expectAlice,
  expectRefused,
  pods,
  send,
  webSocket,
} from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** What official clients request, and resources in the same form: target, and the verb that the API server determines. */
const spelt: [string, string][] = [
  ['/version/', 'get'],
  ['/api/', 'get'],
  ['/apis/', 'get'],
  ['/apis/apps/', 'get'],
  ['/apis/apps/v1/', 'get'],
  ['/api/v1/', 'get'],
  ['/logs/', 'get'],
  ['/healthz/', 'get'],
  ['/.well-known/openid-configuration/', 'get'],
  ['/api/v1/pods/', 'list'],
  ['/api/v1/pods/?watch=1', 'watch'],
  ['/api/v1/namespaces/', 'list'],
  ['/api/v1/namespaces/dev/', 'get'],
  ['/api/v1/namespaces/dev/pods/web/', 'get'],
  ['/api/v1/namespaces/dev/pods/web/log/?follow=1', 'get'],
  ['/api/v1/watch/pods/', 'watch'],
];
/** Returns a response without what changes when anything in the cluster does: the version of a list. */
const lasting = (body: string) => body.replace(/"resourceVersion":"\d+"/, '"resourceVersion":"-"');
const shells = ['exec/?command=id', 'attach/', 'portforward/', 'proxy/'];
const denied = [
  '/version/',
  '/version',
  '/apis/',
  '/logs/',
  '/logs/kube-apiserver.log/',
  '/api/v1/secrets/',
  '/api/v1/namespaces/dev/secrets/',
  '/api/v1/secrets/?watch=1',
  '/metrics/',
  '/debug/pprof/',
  '/debug/',
];
const unclear = [
  '/version//',
  '//version/',
  '/version/./',
  '/version/../',
  '/version/%2e/',
  '/version/%2f',
  '/version%2F',
  '/api//',
  '/apis//apps/',
  '/api/v1/pods//',
  '/api/v1/namespaces//',
  '/api/v1/namespaces//pods/',
  '/api/v1/namespaces/dev/pods//web/',
  '//',
];

let namespace: TestNamespace;
type Known = ClusterEvent & { objectRef?: Record<string, string> };

/** Returns how the API server reads a request that the gateway forwarded. */
async function asRead(id: string | undefined): Promise<Known> {
  return eventually(
    `the cluster's log has ${id}`,
    () =>
      clusterEvents(attackFixture().cluster.auditLogFile).find(
        ({ auditID, stage }) => auditID === id && stage === 'ResponseComplete',
      ) as Known | undefined,
  );
}

export function attackEndSlashes(): void {
  describe('S18: a path that ends in a slash', () => {
    it.each(spelt)('(%s) is forwarded byte for byte, and authorized and recorded as %s', async (target, verb) => {
      const { request } = await expectAccepted({ target: `/clusters/dev${target}` });
      expect(request.url).toBe(target);
      expectAlice(request);
      const { data } = await eventOf(request.header('audit-id')[0]);
      expect([data.verb, data.requestURI]).toEqual([verb, target]);
    });

    it.each(denied)('(%s) does not bypass a deny that names it without the slash, or with it', async (target) => {
      await expectRefused({ target: `/clusters/noslash${target}` }, 403);
    });

    it.each(shells)('(%s) is equivalent to a shell, as without the slash', async (end) => {
      const lines = end === 'proxy/' ? [] : webSocket;
      await expectRefused({ target: `/clusters/noshell/api/v1/namespaces/dev/pods/web/${end}`, lines }, 403);
      await expectRefused(
        {
          target: `/clusters/readonly/api/v1/namespaces/dev/pods/web/${end === 'proxy/' ? 'exec/' : end}`,
          lines: webSocket,
        },
        403,
      );
    });

    it('does not turn a delete of a collection into a delete of an object', async () => {
      await expectRefused({ method: 'DELETE', target: '/clusters/readonly/api/v1/namespaces/dev/pods/' }, 403);
      const { request } = await expectAccepted({ method: 'DELETE', target: `${pods}/` });
      expect((await eventOf(request.header('audit-id')[0])).data).toMatchObject({
        verb: 'deletecollection',
        objectRef: { resource: 'pods', namespace: 'dev' },
      });
    });

    it.each(unclear)('is refused if its end is only similar to a slash (%s)', async (target) => {
      await expectRefused({ target: `/clusters/dev${target}` }, 400, /target is refused/);
    });
  });

  describe('S18: the real API server', () => {
    beforeAll(async () => {
      namespace = await createNamespace({ cluster: attackFixture().cluster });
    });
    afterAll(() => namespace?.remove());

    it.each([
      '/version',
      '/api',
      '/apis',
      '/apis/apps',
      '/apis/apps/v1',
      '/api/v1',
      '/healthz',
      '/logs',
      '/openapi/v3',
      '/api/v1/namespaces/NAMESPACE/configmaps',
      '/api/v1/namespaces/NAMESPACE/configmaps/kube-root-ca.crt',
      '/api/v1/namespaces/NAMESPACE',
      '/apis/apps/v1/namespaces/NAMESPACE/deployments',
      '/api/v1/watch/namespaces/NAMESPACE/configmaps/none',
      '/api/v1/nodes',
      '/apis/nothing.example.com/v1',
      '/apis/nothing.example.com/v1/things',
    ])('reads %s with a slash like the gateway, and responds itself', async (path) => {
      const target = path.replace('NAMESPACE', namespace.name);
      const bare = path.startsWith('/api/v1/watch/')
        ? undefined
        : await send(bytesOf({ target: `/clusters/real${target}` }), 4000);
      const reply = await send(
        bytesOf({ target: `/clusters/real${target}/${path.startsWith('/api/v1/watch/') ? '?timeoutSeconds=1' : ''}` }),
        4000,
      );
      expect(reply.code).not.toBe(400);
      const [ours, theirs] = [(await eventOf(reply.auditId)).data, await asRead(reply.auditId)];
      expect([theirs.verb, theirs.requestURI]).toEqual([ours.verb, ours.requestURI]);
      const { resource = '', namespace: where = '', name = '', subresource = '' } = theirs.objectRef ?? {};
      expect({ resource, where, name, subresource }).toEqual({
        resource: ours.objectRef?.resource ?? '',
        where: ours.objectRef?.namespace ?? '',
        name: ours.objectRef?.name ?? '',
        subresource: ours.objectRef?.subresource ?? '',
      });
      // With a slash, exact paths (health, OpenAPI, logs) are not found or not allowed by RBAC. Everything else gets the
      // same response.
      if (bare && !['/healthz', '/logs', '/openapi/v3'].includes(path))
        expect([reply.code, lasting(reply.body.replaceAll(`${target}/`, target))]).toEqual([
          bare.code,
          lasting(bare.body),
        ]);
    });

    it('cannot read a path that names only a verb, which no policy allows', async () => {
      for (const end of ['watch/', 'proxy/']) await expectRefused({ target: `/clusters/readonly/api/v1/${end}` }, 403);
      expect((await send(bytesOf({ target: '/clusters/real/api/v1/watch/' }), 4000)).code).toBe(500);
    });
  });
}
