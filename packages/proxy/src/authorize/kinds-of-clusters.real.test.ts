import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Check } from '@sallyport/contracts';
import { allow, createRig, gatewayToken, type Rig } from '../testing/gateway-rig.ts';

const send = (path: string, method = 'GET') =>
  rig.raw(
    `${method} /clusters/dev${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\nKubectl-Command: get\r\nConnection: close\r\n\r\n`,
  );
const discovery = {
  kind: 'APIGroupDiscoveryList',
  items: [
    {
      metadata: { name: 'example.com' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            { resource: 'zones', scope: 'Cluster' },
            { resource: 'widgets', scope: 'Namespaced' },
          ],
        },
      ],
    },
  ],
};
const deny = () => ({
  ...allow(),
  decision: { effect: 'deny' as const, rule: 'cluster/dev[1].deny', reasons: [], policyVersion: 'v' },
  problem: { code: 'forbidden', detail: 'This lists all namespaces.' },
});
/** A policy that denies a namespace. It allows only what is known not to span namespaces. */
const withoutProd = ({ kubernetes }: Check) => (kubernetes?.namespaced === false ? allow() : deny());
const paths = () => rig.seen.map(({ url }) => url);

let rig: Rig;
let hangs = false;
let mayReadServices = true;
const services = {
  kind: 'APIServiceList',
  items: [
    { spec: { group: 'example.com', version: 'v1' } },
    { spec: { group: 'aggregated.com', version: 'v1', service: { name: 's', namespace: 'n' } } },
    { spec: { group: 'new.k8s.io', version: 'v1' } },
  ],
};
const servicesPath = '/apis/apiregistration.k8s.io/v1/apiservices';
beforeEach(async () => {
  hangs = false;
  mayReadServices = true;
  rig = await createRig((request, response) => {
    if (request.url === servicesPath)
      return void response
        .writeHead(mayReadServices ? 200 : 403, { 'content-type': 'application/json' })
        .end(mayReadServices ? JSON.stringify(services) : '{"kind":"Status"}');
    if (request.url !== '/apis') return void response.end('{}');
    if (!hangs) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(discovery));
  });
});
afterEach(() => rig.close());

describe('a list of a kind that is not built in', () => {
  it('is allowed without asking the cluster if policy allows it even when it spans namespaces', async () => {
    expect(await send('/apis/example.com/v1/widgets')).toMatch(/^HTTP\/1.1 200 /);
    expect(paths()).toEqual(['/apis/example.com/v1/widgets']);
  });

  it('is checked again once the cluster reports that the kind has no namespaces', async () => {
    rig.answer = withoutProd;
    expect(await send('/apis/example.com/v1/zones')).toMatch(/^HTTP\/1.1 200 /);
    expect(rig.checks.map(({ kubernetes }) => kubernetes?.namespaced)).toEqual([undefined, false]);
    expect(paths()).toEqual(['/apis', '/apis/example.com/v1/zones']);
  });

  it('is refused without asking the cluster if the caller must not know of the cluster', async () => {
    rig.answer = () => ({ ...deny(), cluster: 'unknown' });
    expect(await send('/apis/example.com/v1/zones')).toMatch(/^HTTP\/1.1 403 /);
    expect([rig.checks.length, paths()]).toEqual([1, []]);
  });

  it.each(['widgets', 'unheardof'])(
    'is refused if the kind has namespaces, or the cluster does not know it: %s',
    async (resource) => {
      rig.answer = withoutProd;
      for (const method of ['GET', 'DELETE'])
        expect(await send(`/apis/example.com/v1/${resource}`, method)).toMatch(/^HTTP\/1.1 403 /);
      expect(paths()).toEqual(['/apis']);
    },
  );

  it('is refused within about a second if the cluster does not answer', async () => {
    rig.answer = withoutProd;
    hangs = true;
    const begun = performance.now();
    expect(await send('/apis/example.com/v1/zones')).toMatch(/^HTTP\/1.1 403 /);
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(paths()).toEqual(['/apis']);
    expect(await send('/apis/example.com/v1/zones')).toMatch(/^HTTP\/1.1 403 /);
  });

  it('asks nothing for an unknown caller, for a request that names a namespace or an object, or for built-in kinds', async () => {
    rig.answer = () => ({ ...deny(), identity: undefined });
    expect(await send('/apis/example.com/v1/zones')).toMatch(/^HTTP\/1.1 403 /);
    rig.answer = withoutProd;
    for (const path of [
      '/apis/example.com/v1/namespaces/dev/widgets',
      '/apis/example.com/v1/zones/a',
      '/api/v1/secrets',
      '/apis/apps/v1/deployments',
      '/apis/example.com/v1',
    ])
      expect(await send(path)).toMatch(/^HTTP\/1.1 403 /);
    expect(paths()).toEqual([]);
  });
});

describe('a selector that pins the namespace', () => {
  /** A policy that denies a namespace. It allows only what is known to be pinned to another. */
  const pinned = ({ kubernetes }: Check) => (kubernetes?.aggregated === false ? allow() : deny());

  it.each([
    ['example.com', 200],
    ['aggregated.com', 403],
    ['unheardof.com', 403],
  ])('is respected in the group %s: %j', async (group, code) => {
    rig.answer = pinned;
    expect(await send(`/apis/${group}/v1/widgets?fieldSelector=metadata.namespace%3Ddev`)).toMatch(
      new RegExp(`^HTTP/1.1 ${code} `),
    );
    expect(paths().slice(0, 2)).toEqual(['/apis', servicesPath]);
  });

  it('does not count if the gateway must not read who serves the kind, and without one nothing is asked', async () => {
    rig.answer = pinned;
    mayReadServices = false;
    expect(await send('/apis/example.com/v1/widgets?fieldSelector=metadata.namespace%3Ddev')).toMatch(
      /^HTTP\/1.1 403 /,
    );
    expect(await send('/apis/example.com/v1/widgets')).toMatch(/^HTTP\/1.1 403 /);
    expect(paths()).toEqual(['/apis', servicesPath]);
  });
});

describe('a PUT that may create', () => {
  const withoutUpserts = ({ kubernetes }: Check) => (kubernetes?.upsert === true ? deny() : allow());
  const put = (path: string, method = 'PUT', type = 'application/json') =>
    rig.raw(
      `${method} /clusters/dev${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\nContent-Type: ${type}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );

  it.each([
    ['example.com', 200],
    ['aggregated.com', 403],
    ['new.k8s.io', 403],
    ['unheardof.com', 403],
  ])('does not create in the group %s if the API server serves it itself: %j', async (group, code) => {
    rig.answer = withoutUpserts;
    expect(await put(`/apis/${group}/v1/namespaces/dev/widgets/w`)).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
  });

  it('does not create through a subresource of a custom resource, not even by apply, while an apply of the object does', async () => {
    rig.answer = withoutUpserts;
    const apply = 'application/apply-patch+yaml';
    expect(await put('/apis/example.com/v1/namespaces/dev/widgets/w/status', 'PATCH', apply)).toMatch(
      /^HTTP\/1.1 200 /,
    );
    expect(await put('/apis/example.com/v1/namespaces/dev/widgets/w', 'PATCH', apply)).toMatch(/^HTTP\/1.1 403 /);
    expect(await put('/apis/coordination.k8s.io/v1/namespaces/dev/leases/l')).toMatch(/^HTTP\/1.1 403 /);
  });
});

describe('the request to the cluster', () => {
  it("is the gateway's own: without a user or their headers, and with a recorded audit id", async () => {
    rig.answer = withoutProd;
    await send('/apis/example.com/v1/zones');
    const { rawHeaders } = rig.seen[0]!;
    const names = rawHeaders
      .filter((_value, index) => index % 2 === 0)
      .map((name) => name.toLowerCase())
      .toSorted();
    expect(names).toEqual(['accept', 'audit-id', 'authorization', 'connection', 'host', 'user-agent']);
    expect(rawHeaders).toContain(`Bearer ${gatewayToken}`);
    const own = rig.events.find(({ data }) => data.requestURI === '/apis')!;
    expect(rawHeaders).toContain(own.data.auditID);
    expect(own.data).toMatchObject({
      verb: 'get',
      user: { username: 'gateway:discovery' },
      responseStatus: { code: 200 },
      sallyport: { credentialKind: 'gateway', cluster: { name: 'dev' } },
    });
    expect(own.data.sallyport.identity).toBeUndefined();
    expect(rig.events.filter(({ data }) => data.auditID === own.data.auditID)).toHaveLength(1);
  });

  it('is sent once for many callers at a time', async () => {
    rig.answer = withoutProd;
    await Promise.all(
      ['zones', 'widgets', 'a', 'b', 'c', 'd'].map((resource) => send(`/apis/example.com/v1/${resource}`)),
    );
    expect(paths().filter((path) => path === '/apis')).toHaveLength(1);
  });
});
