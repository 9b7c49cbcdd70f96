import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { authority, certificate, key } from './certificates.ts';
import { serve } from './serve.ts';

type Stored = { metadata: Record<string, unknown> & { name: string } } & Record<string, unknown>;
type Body = Record<string, unknown> & {
  metadata?: Record<string, unknown> & { name?: string };
  spec?: { resourceAttributes?: Record<string, string>; expirationSeconds?: number; namespace?: string };
};
type Asked = { method: string; path: string; body: Body; user: string | undefined };

/** An API server that stores objects by path, and answers reviews as it is told. */
export type FakeCluster = {
  url: string;
  kubeconfig(user: object, more?: object): string;
  objects: Map<string, Stored>;
  /** The method and path of everything but reviews. */
  calls: string[];
  /** Says whether a right exists, by the person's own rights or those of an impersonated user. */
  allows(right: Record<string, string>, user: string | undefined): boolean;
  rules(namespace: string, user: string | undefined): { resourceRules: object[]; nonResourceRules?: object[] };
  /** Replaces an answer. */
  override(asked: Asked): { status: number; body: object } | undefined;
  close(): Promise<void>;
};

const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');

/** Returns a token like those of a cluster. Its signature is worth nothing. */
export function fakeToken(subject: string, iat: number, exp?: number): string {
  return `${encode({ alg: 'RS256' })}.${encode({ iss: 'https://cluster', sub: subject, iat, exp })}.c2lnbmF0dXJl${randomUUID()}`;
}

const answerWith = (code: number, body: object) => ({ status: code, body });
const ok = (body: object) => answerWith(200, body);
const created = (body: object) => answerWith(201, body);
const status = (code: number, message: string) => answerWith(code, { kind: 'Status', code, message });
const listed = ['serviceaccounts', 'secrets', 'configmaps'];

function review(cluster: FakeCluster, { path, body, user }: Asked) {
  if (path.endsWith('/selfsubjectaccessreviews'))
    return created({ status: { allowed: cluster.allows(body.spec!.resourceAttributes!, user) } });
  if (path.endsWith('/selfsubjectrulesreviews')) {
    const rules = cluster.rules(body.spec!.namespace!, user);
    return created({ status: { nonResourceRules: [], ...rules, incomplete: false } });
  }
  if (path.endsWith('/selfsubjectreviews'))
    return created({ status: { userInfo: { username: 'system:serviceaccount:sallyport:sallyport-gateway' } } });
  return undefined;
}

function createToken(namespace: string, account: string, lifetime: number) {
  const now = Math.floor(Date.now() / 1000);
  const token = fakeToken(`system:serviceaccount:${namespace}:${account}`, now, now + lifetime);
  return created({ status: { token, expirationTimestamp: new Date((now + lifetime) * 1000).toISOString() } });
}

function create({ objects }: FakeCluster, { path, body }: Asked) {
  const name = body.metadata!.name!;
  const at = `${path}/${name}`;
  if (objects.has(at)) return status(409, 'already exists');
  const stored: Stored = { ...body, metadata: { ...body.metadata, name, uid: randomUUID(), resourceVersion: '1' } };
  if (body['type'] === 'kubernetes.io/service-account-token') {
    const { annotations, namespace } = body.metadata as { annotations: Record<string, string>; namespace: string };
    const account = annotations['kubernetes.io/service-account.name'];
    const token = fakeToken(`system:serviceaccount:${namespace}:${account}`, 1);
    stored['data'] = { token: Buffer.from(token).toString('base64') };
  }
  objects.set(at, stored);
  return created(stored);
}

function answer(cluster: FakeCluster, asked: Asked): { status: number; body: object } {
  const { method, path, body } = asked;
  const reviewed = cluster.override(asked) ?? review(cluster, asked);
  if (reviewed) return reviewed;
  cluster.calls.push(`${method} ${path}`);
  const { objects } = cluster;
  const [, namespace, account] = /^\/api\/v1\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)\/token$/.exec(path) ?? [];
  if (account !== undefined) return createToken(namespace!, account, body.spec!.expirationSeconds!);
  if (path === '/version') return ok({ gitVersion: 'v1.36.3' });
  if (path === '/apis') return ok({ groups: [] });
  if (path === '/api/v1') return ok({ resources: listed.map((name) => ({ name, namespaced: true, verbs: ['list'] })) });
  if (method === 'POST') return create(cluster, asked);
  const found = objects.get(path);
  if (found === undefined) {
    const items = [...objects].filter(([at]) => at.startsWith(`${path}/`)).map(([, one]) => one);
    return items.length > 0 || listed.includes(path.split('/').at(-1)!) ? ok({ items }) : status(404, 'not found');
  }
  if (method === 'PATCH') Object.assign(found, { ...body, metadata: { ...found.metadata, ...body.metadata } });
  if (method === 'DELETE') objects.delete(path);
  return ok(found);
}

/** Starts a fake API server with a certificate for localhost. */
export async function startFakeCluster(): Promise<FakeCluster> {
  const server = createServer({ cert: certificate, key }, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const asked = {
        method: request.method ?? '',
        path: (request.url ?? '').split('?')[0]!,
        body: JSON.parse(text === '' ? '{}' : text) as Body,
        user: request.headers['impersonate-user'] as string | undefined,
      };
      const given = request.headers.authorization === undefined ? status(401, 'Unauthorized') : answer(cluster, asked);
      response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
    });
  });
  const { port, close } = await serve(server);
  const url = `https://localhost:${port}`;
  const cluster: FakeCluster = {
    url,
    kubeconfig: (user, more = {}) =>
      JSON.stringify({
        clusters: [
          {
            name: 'c',
            cluster: {
              server: url,
              'certificate-authority-data': Buffer.from(authority).toString('base64'),
              ...more,
            },
          },
        ],
        users: [{ name: 'admin', user }],
        contexts: [{ name: 'prod-admin', context: { cluster: 'c', user: 'admin' } }],
        'current-context': 'prod-admin',
      }),
    objects: new Map(),
    calls: [],
    allows: () => true,
    rules: () => ({ resourceRules: [] }),
    override: () => undefined,
    close,
  };
  return cluster;
}
