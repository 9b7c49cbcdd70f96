import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPracticeCluster } from './create-practice-cluster.ts';
import type { PracticeCluster, PracticeClusterOptions } from './create-practice-cluster.ts';
import type { PracticeRequest } from './handle-request.ts';

type Answer = {
  code: number;
  body: Record<string, unknown> & {
    items: { metadata: { name: string } }[];
    metadata: Record<string, string>;
    message: string;
  };
  headers: IncomingMessage['headers'];
};
type Ask = { token?: string; headers?: Record<string, string | string[]>; body?: unknown; type?: string };

let cluster: PracticeCluster;
let seen: PracticeRequest[];

async function start(options: PracticeClusterOptions = {}): Promise<void> {
  seen = [];
  cluster = createPracticeCluster({
    adminToken: 'admin',
    tokens: { gate: { user: 'system:serviceaccount:sallyport:gateway' } },
    onRequest: (request) => seen.push(request),
    ...options,
  });
  await cluster.listen();
}

async function ask(
  method: string,
  path: string,
  { token = 'admin', headers = {}, body, type = 'application/json' }: Ask = {},
): Promise<Answer> {
  const message = await send(
    method,
    path,
    {
      ...headers,
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type }),
    },
    body,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    code: message.statusCode ?? 0,
    body: message.headers['content-type']?.startsWith('application/json') ? JSON.parse(text || 'null') : { text },
    headers: message.headers,
  };
}

function send(
  method: string,
  path: string,
  headers: Record<string, string | string[]>,
  body?: unknown,
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(cluster.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, resolve).on('error', reject);
    if (body === undefined) return void request.end();
    // As bytes: with a text, Node would send the header's bytes once more in UTF-8.
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    request.setHeader('content-length', bytes.length).end(bytes);
  });
}

async function* lines(
  message: IncomingMessage,
): AsyncGenerator<{ type: string; object: Record<string, unknown> & { metadata: Record<string, unknown> } }> {
  let rest = '';
  for await (const chunk of message) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop()!;
    for (const part of parts) yield JSON.parse(part);
  }
}

function watch(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return send('GET', path, { authorization: 'Bearer admin', ...headers });
}

const dev = '/api/v1/namespaces/dev';
const as = (user: string, ...groups: string[]): Ask => ({
  token: 'gate',
  headers: { 'Impersonate-User': user, ...(groups.length > 0 && { 'Impersonate-Group': groups }) },
});
const configMap = (name: string, data: Record<string, string> = {}): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

beforeEach(() => start());
afterEach(() => cluster.close());

describe('what it is', () => {
  it('stands in its version', async () => {
    expect((await ask('GET', '/version', { token: '' })).body).toMatchObject({
      gitVersion: 'v1.36.0+sallyport.practice',
      minor: '36',
    });
  });

  it('is told to clients that discover, plain or aggregated', async () => {
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
    const aggregated = await ask('GET', '/apis', { headers: { accept } });
    expect(aggregated.headers['content-type']).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    expect(aggregated.body.items.map(({ metadata }) => metadata.name)).toEqual([
      'apps',
      'rbac.authorization.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
    ]);
    expect((await ask('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await ask('GET', '/apis/apps/v1')).body).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'apps/v1',
    });
    expect((await ask('GET', '/openapi/v3/apis/apps/v1')).body).toMatchObject({ openapi: '3.0.0' });
    expect((await ask('GET', '/apis/nope/v1')).code).toBe(404);
  });

  it.each(['/healthz', '/livez', '/readyz'])('answers %s', async (path) => {
    expect((await ask('GET', path, { token: '' })).body).toEqual({ text: 'ok' });
  });

  it('is told with a slash at the end of the path as well, which health and OpenAPI are not', async () => {
    for (const path of ['/version', '/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1']) {
      expect({ path, ...(await ask('GET', `${path}/`)), headers: {} }).toEqual({
        path,
        ...(await ask('GET', path)),
        headers: {},
      });
    }
    for (const path of ['/healthz/', '/openapi/v2/', '/openapi/v3/', '/versions/'])
      expect([path, (await ask('GET', path)).code]).toEqual([path, 404]);
    expect((await ask('GET', '/api/v1/namespaces/dev/pods/')).body['kind']).toBe('PodList');
    expect((await ask('GET', '/version//')).code).toBe(400);
  });
});

describe('who asks', () => {
  it('must be known', async () => {
    expect((await ask('GET', '/api/v1/pods', { token: '' })).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
    expect((await ask('GET', '/version', { token: 'wrong' })).code).toBe(401);
    expect((await ask('GET', '/version', { token: '', headers: { authorization: 'Basic YWRtaW46' } })).code).toBe(401);
  });

  it('is the impersonated user, group by group, with system:authenticated added', async () => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { headers } = as('', 'developers', 'cn=a,ou=b');
    const answer = await ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      token: 'gate',
      body,
      headers: {
        ...headers,
        'Impersonate-User': Buffer.from('al\u00fcce').toString('latin1'),
        'Impersonate-Uid': 'u1',
        'Impersonate-Extra-sallyport.dev%2fsession': ['s1'],
      },
    });
    expect(answer.body).toMatchObject({
      status: {
        userInfo: {
          username: 'al\u00fcce',
          uid: 'u1',
          groups: ['developers', 'cn=a,ou=b', 'system:authenticated'],
          extra: { 'sallyport.dev/session': ['s1'] },
        },
      },
    });
  });

  it('may impersonate only if a rule says so, and the gateway may do nothing else', async () => {
    expect((await ask('GET', `${dev}/pods`, { token: 'gate' })).body).toMatchObject({
      code: 403,
      message: expect.stringContaining('cannot list resource "pods"'),
    });
    await cluster.close();
    await start({ impersonatableGroups: ['developers'] });
    expect((await ask('GET', `${dev}/pods`, as('alice', 'developers'))).code).toBe(200);
    expect((await ask('GET', `${dev}/pods`, as('alice', 'developers', 'sre'))).body).toMatchObject({
      code: 403,
      message: expect.stringContaining('groups "sre" is forbidden'),
    });
    expect((await ask('GET', `${dev}/pods`, as('alice', 'system:masters'))).code).toBe(403);
    expect(
      (await ask('GET', `${dev}/pods`, { token: 'gate', headers: { 'Impersonate-Group': 'developers' } })).code,
    ).toBe(400);
  });

  it('may carry every extra that the gateway has, and no other', async () => {
    const asking = (...keys: string[]) =>
      ask('GET', `${dev}/pods`, {
        token: 'gate',
        headers: {
          ...as('alice', 'developers').headers,
          ...Object.fromEntries(keys.map((key) => [`Impersonate-Extra-${encodeURIComponent(key)}`, ['x']])),
        },
      });
    expect(
      (await asking('sallyport.dev/session', 'sallyport.dev/elevation', 'sallyport.dev/agent', 'sallyport.dev/actor'))
        .code,
    ).toBe(200);
    expect((await asking('sallyport.dev/session', 'sallyport.dev/other')).body).toMatchObject({
      code: 403,
      message: expect.stringContaining('userextras/sallyport.dev/other'),
    });
  });

  it('is told to whoever records, with the header lines as they came', async () => {
    const answer = await ask('GET', `${dev}/pods`, {
      ...as('alice', 'developers'),
      headers: { ...as('alice', 'developers').headers, 'Audit-ID': 'a-1' },
    });
    expect(answer.headers['audit-id']).toBe('a-1');
    expect(seen).toEqual([
      expect.objectContaining({
        auditId: 'a-1',
        method: 'GET',
        url: `${dev}/pods`,
        upgrade: false,
        authenticatedAs: expect.objectContaining({ username: 'system:serviceaccount:sallyport:gateway' }),
        actsAs: expect.objectContaining({ username: 'alice' }),
      }),
    ]);
    expect(seen[0]!.rawHeaders).toContain('Impersonate-User');
  });
});

describe('the rules at the beginning', () => {
  it.each([
    ['GET', `${dev}/pods`, 200],
    ['GET', `${dev}/secrets/web-password`, 200],
    ['GET', '/api/v1/namespaces/prod/pods', 200],
    ['GET', '/api/v1/namespaces/prod/secrets', 403],
    ['GET', '/api/v1/secrets', 403],
    ['DELETE', `${dev}/pods/web`, 200],
    ['DELETE', '/api/v1/namespaces/prod/pods/web', 403],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 403],
    ['GET', '/api/v1/nodes', 403],
    ['GET', '/metrics', 403],
    ['GET', '/api/v1/namespaces/prod/pods/web/exec?command=ls', 403],
  ])('for developers: %s %s is %i', async (method, path, code) => {
    expect((await ask(method, path, as('alice', 'developers'))).code).toBe(code);
  });

  it('let sre do everything and nobody nothing', async () => {
    expect((await ask('DELETE', '/api/v1/namespaces/prod/pods/web', as('bob', 'sre'))).code).toBe(200);
    expect((await ask('GET', `${dev}/pods`, as('mallory'))).body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "mallory" cannot list resource "pods" in API group "" in the namespace "dev"',
    });
    expect((await ask('GET', '/api', as('mallory'))).code).toBe(200);
  });

  it('can be changed, and hold at once', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/dev';
    await ask('POST', `${rbac}/roles`, {
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'one' },
        rules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['web-settings'] }],
      },
    });
    await ask('POST', `${rbac}/rolebindings`, {
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'one' },
        roleRef: { kind: 'Role', name: 'one' },
        subjects: [{ kind: 'User', name: 'mallory' }],
      },
    });
    expect((await ask('GET', `${dev}/configmaps/web-settings`, as('mallory'))).code).toBe(200);
    expect((await ask('GET', `${dev}/configmaps/other`, as('mallory'))).code).toBe(403);
    await ask('DELETE', `${rbac}/rolebindings/one`);
    expect((await ask('GET', `${dev}/configmaps/web-settings`, as('mallory'))).code).toBe(403);
  });

  it('can be asked about', async () => {
    const can = async (resource: string): Promise<unknown> =>
      (
        await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          ...as('alice', 'developers'),
          body: {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: { verb: 'delete', resource, namespace: 'dev' } },
          },
        })
      ).body.status;
    expect([await can('pods'), await can('nodes')]).toEqual([
      { allowed: true, reason: expect.any(String) },
      { allowed: false },
    ]);
  });
});

describe('objects', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await ask('POST', `${dev}/configmaps`, { body: configMap('a', { k: '1' }) });
    expect(created).toMatchObject({
      code: 201,
      body: { metadata: { name: 'a', namespace: 'dev', uid: expect.any(String) } },
    });
    expect((await ask('POST', `${dev}/configmaps`, { body: configMap('a') })).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    const changed = await ask('PUT', `${dev}/configmaps/a`, { body: { ...created.body, data: { k: '2' } } });
    expect(changed.body).toMatchObject({ data: { k: '2' }, metadata: { uid: created.body.metadata.uid } });
    expect((await ask('PUT', `${dev}/configmaps/a`, { body: created.body })).body).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    expect(
      (await ask('PATCH', `${dev}/configmaps/a`, { body: { data: { l: '3' } }, type: 'application/merge-patch+json' }))
        .body,
    ).toMatchObject({ data: { k: '2', l: '3' } });
    expect((await ask('DELETE', `${dev}/configmaps/a`)).body).toMatchObject({ status: 'Success' });
    expect((await ask('GET', `${dev}/configmaps/a`)).body).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  it('keep their version if a change changes nothing', async () => {
    const before = (await ask('GET', `${dev}/configmaps/web-settings`)).body.metadata.resourceVersion;
    expect(
      (
        await ask('PATCH', `${dev}/configmaps/web-settings`, {
          body: { data: { colour: 'green' } },
          type: 'application/merge-patch+json',
        })
      ).body.metadata.resourceVersion,
    ).toBe(before);
  });

  it('stay as they are in a dry run, but not where the options stand in a body that says otherwise', async () => {
    expect((await ask('POST', `${dev}/configmaps?dryRun=All`, { body: configMap('dry') })).code).toBe(201);
    expect((await ask('GET', `${dev}/configmaps/dry`)).code).toBe(404);
    expect((await ask('DELETE', `${dev}/configmaps/web-settings?dryRun=All`)).code).toBe(200);
    expect((await ask('GET', `${dev}/configmaps/web-settings`)).code).toBe(200);
    expect(
      (
        await ask('DELETE', `${dev}/configmaps/web-settings?dryRun=All`, {
          body: { apiVersion: 'v1', kind: 'DeleteOptions' },
        })
      ).code,
    ).toBe(200);
    expect((await ask('GET', `${dev}/configmaps/web-settings`)).code).toBe(404);
    expect((await ask('POST', `${dev}/configmaps?dryRun=some`, { body: configMap('dry') })).code).toBe(400);
  });

  it('are listed by label, field and page', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await ask('GET', `/api/v1/pods?${query}`)).body.items.map(({ metadata }) => metadata.name);
    expect(await names('labelSelector=app%3Dweb')).toEqual(['web', 'web']);
    expect(await names('fieldSelector=metadata.namespace%3Dprod')).toEqual(['web']);
    const first = await ask('GET', '/api/v1/serviceaccounts?limit=3');
    expect(first.body).toMatchObject({ items: [{}, {}, {}], metadata: { remainingItemCount: 1 } });
    expect(
      (await ask('GET', `/api/v1/serviceaccounts?limit=3&continue=${first.body.metadata.continue}`)).body.items,
    ).toHaveLength(1);
    expect((await ask('GET', '/api/v1/pods?labelSelector=%21%21')).code).toBe(400);
    expect((await ask('GET', '/api/v1/pods?continue=zzz')).code).toBe(400);
  });

  it('come as a table for kubectl', async () => {
    const { body } = await ask('GET', `${dev}/configmaps`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    });
    expect(body).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ cells: ['web-settings', 2, expect.stringMatching(/^\d+s$/)] }],
    });
    expect(
      (await ask('GET', `${dev}/configmaps`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).code,
    ).toBe(406);
  });

  it('that break a rule are refused with the field', async () => {
    expect(
      (
        await ask('POST', `${dev}/pods`, {
          body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [{ name: 'c' }] } },
        })
      ).body,
    ).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'Pod "x" is invalid: spec.containers[0].image: Required value',
    });
    expect((await ask('POST', `${dev}/configmaps`, { body: configMap('Not_a_name') })).code).toBe(422);
    expect((await ask('POST', '/api/v1/namespaces/nowhere/configmaps', { body: configMap('x') })).body).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
  });

  it.each([
    ['{nope', 400],
    ['[]', 400],
    ['{"kind":"ConfigMap"}', 400],
    ['{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"a":1}}}', 400],
    ['{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}', 400],
    ['['.repeat(100_000), 400],
    [`{"apiVersion":"v1","kind":"ConfigMap","x":${'['.repeat(200)}${']'.repeat(200)}}`, 400],
    ['x'.repeat(3_200_000), 413],
  ])('a body of %.30s is %i', async (body, code) => {
    expect((await ask('POST', `${dev}/configmaps`, { body })).code).toBe(code);
  });

  it('of a namespace go with it', async () => {
    await ask('DELETE', '/api/v1/namespaces/prod');
    expect((await ask('GET', '/api/v1/namespaces/prod/pods')).body.items).toEqual([]);
    expect((await ask('GET', '/api/v1/namespaces/prod')).code).toBe(404);
  });

  it('of server-side apply are refused with what to do', async () => {
    expect(
      (await ask('PATCH', `${dev}/configmaps/x?fieldManager=k`, { body: '{}', type: 'application/apply-patch+yaml' }))
        .body,
    ).toMatchObject({ code: 415, message: expect.stringContaining('--server-side=false') });
  });
});

describe('a deployment', () => {
  it('has as many pods as it asks for, and they go with it', async () => {
    const pods = async (): Promise<string[]> =>
      (await ask('GET', `${dev}/pods?labelSelector=app%3Dshop`)).body.items.map(({ metadata }) => metadata.name);
    expect(await pods()).toHaveLength(2);
    await ask('PATCH', '/apis/apps/v1/namespaces/dev/deployments/shop/scale', {
      body: { spec: { replicas: 4 } },
      type: 'application/merge-patch+json',
    });
    expect(await pods()).toHaveLength(4);
    expect((await ask('GET', '/apis/apps/v1/namespaces/dev/deployments/shop')).body).toMatchObject({
      metadata: { generation: 2 },
      status: { readyReplicas: 4, observedGeneration: 2 },
    });
    await ask('DELETE', `${dev}/pods/${(await pods())[0]}`);
    expect(await pods()).toHaveLength(4);
    await ask('DELETE', '/apis/apps/v1/namespaces/dev/deployments/shop');
    expect(await pods()).toEqual([]);
  });
});

describe('a watch', () => {
  it('tells what is and what changes', async () => {
    const events = lines(await watch(`${dev}/configmaps?watch=1`));
    expect((await events.next()).value).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'web-settings' } },
    });
    await ask('POST', `${dev}/configmaps`, { body: configMap('b') });
    await ask('DELETE', `${dev}/configmaps/b`);
    expect([(await events.next()).value, (await events.next()).value]).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'b' } } },
      { type: 'DELETED', object: { metadata: { name: 'b' } } },
    ]);
  });

  it('begins after a version, and only tells what the selector means', async () => {
    const { resourceVersion } = (await ask('GET', `${dev}/configmaps`)).body.metadata;
    await ask('POST', `${dev}/configmaps`, { body: configMap('other') });
    await ask('POST', `${dev}/configmaps`, {
      body: { ...configMap('mine'), metadata: { name: 'mine', labels: { a: 'b' } } },
    });
    const events = lines(
      await watch(`${dev}/configmaps?watch=true&resourceVersion=${resourceVersion}&labelSelector=a%3Db`),
    );
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'mine' } } });
    await ask('PATCH', `${dev}/configmaps/mine`, {
      body: { metadata: { labels: null } },
      type: 'application/merge-patch+json',
    });
    expect((await events.next()).value).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'mine' } } });
  });

  it('marks the end of what was there, and forgets like a real one', async () => {
    const initial = lines(
      await watch(
        `${dev}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      ),
    );
    expect([(await initial.next()).value, (await initial.next()).value]).toMatchObject([
      { type: 'ADDED' },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
    const table = lines(
      await watch(`${dev}/configmaps?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    );
    expect((await table.next()).value).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', columnDefinitions: expect.any(Array) },
    });
    for (let turn = 0; turn < 1100; turn += 1)
      await ask('PATCH', `${dev}/configmaps/web-settings`, {
        body: { data: { turn: String(turn) } },
        type: 'application/merge-patch+json',
      });
    expect((await lines(await watch(`${dev}/configmaps?watch=1&resourceVersion=5`)).next()).value).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  }, 60_000);

  it('ends when its time is over and when the cluster closes', async () => {
    const timed = await watch(`${dev}/secrets?watch=1&resourceVersion=100000&timeoutSeconds=1`);
    expect((await lines(timed).next()).done).toBe(true);
    const open = await watch(`${dev}/secrets?watch=1&resourceVersion=100000`);
    await cluster.close();
    expect((await lines(open).next()).done).toBe(true);
  });
});

describe('a log', () => {
  it('says that it is made up, and can be cut', async () => {
    expect((await ask('GET', `${dev}/pods/web/log`)).body.text).toContain('does not really run');
    expect((await ask('GET', `${dev}/pods/web/log?tailLines=1`)).body.text).toBe('listening on :8080\n');
    expect((await ask('GET', `${dev}/pods/web/log?limitBytes=4`)).body.text).toBe('this');
    expect((await ask('GET', `${dev}/pods/web/log?container=nope`)).code).toBe(400);
  });

  it('that is followed goes on until the pod goes', async () => {
    const message = await watch(`${dev}/pods/web/log?follow=true&tailLines=0`);
    let text = '';
    for await (const chunk of message) {
      if (text === '') await ask('DELETE', `${dev}/pods/web`);
      text += String(chunk);
    }
    expect(text).toContain('GET /healthz');
  });
});

describe('a request that nobody could mean', () => {
  it.each([
    ['GET', '/api//v1/pods', 400],
    ['GET', '/api/v1/namespaces/dev/%2e%2e/pods', 400],
    ['PURGE', `${dev}/pods`, 405],
    ['GET', '/api/v1/watch', 500],
    ['GET', `${dev}/widgets`, 404],
    ['GET', `${dev}/pods/web/nope`, 404],
    ['PUT', `${dev}/pods`, 405],
    ['POST', '/version', 405],
    ['GET', '/nope', 404],
  ])('%s %s is refused', async (method, path, code) => {
    expect((await ask(method, path)).body).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });
});
