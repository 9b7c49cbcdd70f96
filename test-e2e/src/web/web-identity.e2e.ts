import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import {
  createNamespace,
  describeWith,
  eventually,
  httpRequestOnce,
  realClusterAccess,
  runCommand,
  startGateway,
  theBed,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';

const verifier = fileURLToPath(new URL('verify_assertion.py', import.meta.url));
const host = 'tool.localhost';

/** Verifies an assertion with Python's `cryptography`, and returns its claims. Throws what Python says against it. */
async function verify(jwks: unknown, token: string): Promise<Record<string, unknown>> {
  const input = JSON.stringify({ jwks, token });
  const { code, stdout, stderr } = await runCommand(theBed().programs['python-clients']!, [verifier], { input });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describeWith(['cluster', 'kubectl', 'python-clients'], 'what a web application learns about its user', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let application: Server;
  let token: string;
  let ca: string;
  const seen: IncomingMessage[] = [];
  beforeAll(async () => {
    namespace = await createNamespace();
    gateway = await startGateway({ mode: 'embedded', clusters: [await realClusterAccess()] });
    // Lists ConfigMaps with the credential that came with the request, as Headlamp and the dashboard do.
    application = createServer((request, response) => {
      seen.push(request);
      const authorization = request.headers.authorization ?? 'none';
      const where =
        request.url === '/' ? `/clusters/${cluster()}/api/v1/namespaces/${namespace.name}/configmaps` : request.url!;
      gateway
        .request(where, { headers: { authorization } })
        .then(({ status, text }) => response.writeHead(status, { 'content-type': 'application/json' }).end(text))
        .catch((error: Error) => response.writeHead(599).end(error.message));
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const { port } = application.address() as AddressInfo;
    const authority = await createCertificateAuthority({ name: 'web applications' });
    const issued = await authority.issue({ commonName: host, dnsNames: [host], server: true });
    ca = authority.caPem;
    const files = {
      certFile: path.join(gateway.directory, 'tool.crt'),
      keyFile: path.join(gateway.directory, 'tool.key'),
    };
    writeFileSync(files.certFile, issued.certPem);
    writeFileSync(files.keyFile, issued.keyPem, { mode: 0o600 });
    gateway.reconfigure((config) => {
      config.routes = [
        {
          from: origin(),
          to: `http://127.0.0.1:${port}`,
          tls: files,
          policy: [{ allow: { or: [{ groups: 'developers' }] } }],
          identity: { jwt: true, headers: { email: 'X-Forwarded-Email' }, kubernetes: { clusters: [cluster()] } },
        },
      ];
    });
    token = (await gateway.login('alice@example.com')).token;
    await eventually('the route is in force', async () => (await ask('/')).status === 200);
  });
  afterAll(async () => {
    await gateway?.stop();
    application?.close();
    await namespace?.remove();
  });

  const cluster = () => gateway.clusterUrl().split('/').at(-1)!;
  const origin = () => `https://${host}:${new URL(gateway.url).port}`;
  const ask = (target: string, headers: Record<string, string> = {}) =>
    httpRequestOnce(`${gateway.url}${target}`, {
      ca,
      headers: { host: new URL(origin()).host, authorization: `Bearer ${token}`, ...headers },
    });
  const assertion = () => String(seen.at(-1)!.headers['x-sallyport-jwt-assertion']);
  const jwks = async () => (await gateway.request('/.well-known/sallyport/jwks.json')).json();

  it('is an assertion that another library verifies, before and after its key was replaced', async () => {
    await ask('/');
    const [first, before] = [assertion(), (await jwks()) as { keys: unknown[] }];
    expect(await verify(before, first)).toMatchObject({
      iss: new URL(gateway.url).origin,
      aud: origin(),
      email: 'alice@example.com',
      groups: ['developers'],
    });
    await expect(verify(before, `${first.slice(0, -8)}AAAAAAAA`)).rejects.toThrow('InvalidSignature');
    const file = path.join(gateway.directory, 'keys', 'identity.pem');
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(`${file}.new`, `${readFileSync(file, 'utf8')}${next.toString()}`);
    renameSync(`${file}.new`, file);
    const after = await eventually('two keys are published', async () => {
      const found = (await jwks()) as { keys: unknown[] };
      return found.keys.length === 2 && found;
    });
    expect(await verify(after, first)).toMatchObject({ aud: origin() });
  });

  it('never comes from the client, in any spelling', async () => {
    const forged = {
      'x-forwarded-email': 'bob@example.com',
      x_forwarded_email: 'bob@example.com',
      'remote-user': 'bob',
    };
    await ask('/', forged);
    const { rawHeaders, headers } = seen.at(-1)!;
    expect(headers['x-forwarded-email']).toBe('alice@example.com');
    expect(rawHeaders.join(' ')).not.toContain('bob');
  });

  it('is a credential with which it lists what its user may list, on the clusters of its route only', async () => {
    expect(((await ask('/')).json() as { kind: string }).kind).toBe('ConfigMapList');
    const [event] = await gateway.audit.await(
      ({ data }) => data.user?.username === 'alice@example.com' && data.objectRef?.resource === 'configmaps',
    );
    expect(event!.data).toMatchObject({
      objectRef: { namespace: namespace.name },
      sallyport: { application: expect.stringMatching(/^https:\/\//) },
    });
    expect((await ask('/clusters/other/api/v1/pods')).status).toBe(403);
    const { authorization = '' } = seen.at(-1)!.headers;
    expect(authorization).toMatch(/^Bearer spa_/);
    for (const own of ['/.sallyport/me', '/.sallyport/api/v1/sessions', '/.sallyport/api/v1/clusters'])
      expect([own, (await gateway.request(own, { headers: { authorization } })).status]).toEqual([own, 401]);
  });

  it('names the application to the cluster, and acts as nobody else', async () => {
    await ask('/');
    const authorization = seen.at(-1)!.headers.authorization!;
    const whoAmI = (headers: Record<string, string> = {}) =>
      gateway.request(`/clusters/${cluster()}/apis/authentication.k8s.io/v1/selfsubjectreviews`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
      });
    expect((await whoAmI()).json()).toMatchObject({
      status: { userInfo: { username: 'alice@example.com', extra: { 'sallyport.dev/application': [origin()] } } },
    });
    const other = await whoAmI({ 'impersonate-user': 'bob@example.com' });
    expect([other.status, other.text]).toEqual([403, expect.stringContaining(`application/${host}.impersonate`)]);
  });

  it.each<[string, (route: { identity?: unknown; policy: unknown }) => object]>([
    [
      'the right of the user to the application',
      (route) => ({ ...route, policy: [{ allow: { or: [{ groups: 'sre' }] } }] }),
    ],
    ['identity.kubernetes of its route', ({ identity: _gone, ...route }) => route],
  ])('ends, with what it has opened, with %s', async (_what, change) => {
    await ask('/');
    const authorization = seen.at(-1)!.headers.authorization!;
    const address = `/clusters/${cluster()}/api/v1/namespaces/${namespace.name}/configmaps`;
    const list = async () => (await gateway.request(address, { headers: { authorization } })).status;
    expect(await list()).toBe(200);
    const watch = gateway.request(`${address}?watch=1`, { headers: { authorization } });
    await eventually('the watch is open', async () => {
      const open = (await gateway.request('/.sallyport/api/v1/streams', { token })).text;
      return open.includes('"watch"');
    });
    const restore = gateway.reconfigure((config) => {
      config.routes = (config.routes as { identity?: unknown; policy: unknown }[]).map(change);
    });
    expect((await watch).text).toContain('"code":403');
    expect(await list()).toBe(403);
    restore();
    await eventually('the route is in force again', async () => (await list()) === 200);
  });

  it('ends with the session of the user', async () => {
    const credential = seen.at(-1)!.headers.authorization!;
    const list = () =>
      gateway.request(`/clusters/${cluster()}/api/v1/namespaces/${namespace.name}/configmaps`, {
        headers: { authorization: credential },
      });
    expect((await list()).status).toBe(200);
    expect((await gateway.request('/.sallyport/logout', { method: 'POST', token })).status).toBeLessThan(400);
    expect((await list()).status).toBe(401);
    expect((await ask('/')).status).toBe(401);
  });
});
