import { describe, expect, it } from '@jest/globals';
import { as, ask, cluster, dev, seen, start, useCluster } from '../testing/practice-cluster-fixture.ts';

useCluster();

describe('the practice cluster', () => {
  it('identifies itself in its version', async () => {
    expect((await ask('GET', '/version', { token: '' })).body).toMatchObject({
      gitVersion: 'v1.36.0+sallyport.practice',
      minor: '36',
    });
  });

  it('supports plain and aggregated discovery', async () => {
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

  it('accepts a trailing slash for discovery and the version, but not for health and OpenAPI', async () => {
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

describe('the caller', () => {
  it('must be authenticated', async () => {
    expect((await ask('GET', '/api/v1/pods', { token: '' })).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
    expect((await ask('GET', '/version', { token: 'wrong' })).code).toBe(401);
    expect((await ask('GET', '/version', { token: '', headers: { authorization: 'Basic YWRtaW46' } })).code).toBe(401);
  });

  it('is the impersonated user with each group, and system:authenticated', async () => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { headers } = as('', 'developers', 'cn=a,ou=b');
    const answer = await ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      token: 'gateway',
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

  it('may only impersonate if a rule allows it, and the gateway may do nothing else', async () => {
    expect((await ask('GET', `${dev}/pods`, { token: 'gateway' })).body).toMatchObject({
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
      (await ask('GET', `${dev}/pods`, { token: 'gateway', headers: { 'Impersonate-Group': 'developers' } })).code,
    ).toBe(400);
  });

  it('may have every extra that the gateway sends, and no other', async () => {
    const asking = (...keys: string[]) =>
      ask('GET', `${dev}/pods`, {
        token: 'gateway',
        headers: {
          ...as('alice', 'developers').headers,
          ...Object.fromEntries(keys.map((key) => [`Impersonate-Extra-${encodeURIComponent(key)}`, ['x']])),
        },
      });
    const keys = ['session', 'elevation', 'agent', 'application', 'actor'].map((name) => `sallyport.dev/${name}`);
    expect((await asking(...keys)).code).toBe(200);
    expect((await asking('sallyport.dev/session', 'sallyport.dev/other')).body).toMatchObject({
      code: 403,
      message: expect.stringContaining('userextras/sallyport.dev/other'),
    });
  });

  it('is reported to onRequest, with the header lines as received', async () => {
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

describe('the initial rules', () => {
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

  it('allow sre everything, and a user without groups nothing', async () => {
    expect((await ask('DELETE', '/api/v1/namespaces/prod/pods/web', as('bob', 'sre'))).code).toBe(200);
    expect((await ask('GET', `${dev}/pods`, as('mallory'))).body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "mallory" cannot list resource "pods" in API group "" in the namespace "dev"',
    });
    expect((await ask('GET', '/api', as('mallory'))).code).toBe(200);
  });

  it('can be changed, and apply at once', async () => {
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

  it('can be queried', async () => {
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

describe('a malformed request', () => {
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
