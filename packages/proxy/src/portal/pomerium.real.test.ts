import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { Check, CheckAnswer, SessionKind } from '@sallyport/contracts';
import {
  createLogger,
  createSessionTokenSigner,
  createSessionTokenVerifier,
  hashToken,
  ProblemError,
  type ServiceRequest,
} from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { isOwn } from './calls/own-addresses.ts';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { createAnswerIdentityKeys, createIdentityKeyRing } from '../web-identity/identity-key-ring.ts';
import { readIdentityKeys } from '../web-identity/identity-keys.ts';
import { createClusterHostApi, createOwnApi } from './create-own-api.ts';
import { createFindCaller } from './calls/find-caller.ts';
import type { PortalDeps } from './calls/portal-deps.ts';
import { landingSettings } from '../testing/pages-rig.ts';

const gatewayUrl = 'https://gate.example.com:8443';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const tokens = createSessionTokenVerifier({ publicKeys: () => [publicKey], gatewayUrl, now: Date.now });
const tokenOf = (sessionId: string, lifeMs = 60_000) =>
  createSessionTokenSigner({ privateKey, gatewayUrl, now: Date.now }).sign({
    sessionId,
    subject: 'p',
    expiresAt: Date.now() + lifeMs,
  });
const live = tokenOf('live');
const dead = tokenOf('dead');
const alice = {
  provider: 'corp',
  issuer: 'https://idp',
  subject: 's',
  user: 'alice@example.com',
  groups: ['developers'],
  amr: [],
};

const kinds: Record<string, SessionKind> = {
  [hashToken(live)]: 'cli',
  [hashToken('spt_live')]: 'cli',
  [hashToken('spt_browser')]: 'browser',
};

/** Serves both parts of the gateway's own API from one server, and chooses by the Host header as the gateway does. */
function setUp(
  options: {
    down?: boolean;
    identityKeys?: PortalDeps['identityKeys'];
    applications?: ReturnType<NonNullable<PortalDeps['applications']>>;
  } = {},
) {
  const calls: ServiceRequest[] = [];
  const events: { status: number; path: string }[] = [];
  const pages: { url: string; caller: unknown; cookie: string | undefined }[] = [];
  const check = (asked: Check): Promise<CheckAnswer> => {
    if (options.down) return Promise.reject(new ProblemError('authorize-unavailable', 'down'));
    const kind = asked.credential.kind === 'token' ? kinds[asked.credential.hash] : undefined;
    const known = kind !== undefined;
    const decision = {
      effect: known ? ('allow' as const) : ('authenticate' as const),
      rule: 'r',
      reasons: [],
      policyVersion: 'v',
    };
    return Promise.resolve(
      known ? { decision, session: { id: 'live', kind, expiresAt: 1 }, identity: alice } : { decision },
    );
  };
  const deps: PortalDeps = {
    origin: gatewayUrl,
    findCaller: createFindCaller({ client: { check } }),
    clientAddress: () => '10.0.0.9',
    clientCertificateOf: () => undefined,
    authenticate: { request: () => Promise.reject(new Error('not asked')) },
    audit: {
      request: () => Promise.reject(new Error('not asked')),
      stream: () => Promise.reject(new Error('not asked')),
    },
    authorize: {
      request: (request) => {
        calls.push(request);
        const reach = { clusters: ['dev', 'prod'], routes: ['grafana.example.com', 'wiki.example.com'] };
        return Promise.resolve({ status: 200, headers: {}, body: reach });
      },
    },
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (request, response) => {
      pages.push({
        url: request.originalUrl,
        caller: response.locals.caller as unknown,
        cookie: request.headers.cookie,
      });
      response.send('page');
    },
    landing: landingSettings,
    clusters: () => [
      { name: 'dev', url: `${gatewayUrl}/clusters/dev` },
      { name: 'prod', url: `${gatewayUrl}/clusters/prod`, host: 'prod.example.com' },
      { name: 'secret', url: `${gatewayUrl}/clusters/secret` },
    ],
    auditCall: { open: () => {}, complete: (call) => void events.push({ status: call.status, path: call.path }) },
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    identityKeys: options.identityKeys,
    applications: () => options.applications ?? [],
    pomerium: { tokens, gatewayOrigin: gatewayUrl, loginOrigin: 'https://login.example.com' },
  };
  const [own, clusterHost] = [createOwnApi(deps), createClusterHostApi(deps)] as const;
  const route: RequestListener = (request, response) => {
    const onClusterHost = request.headers.host === 'prod.example.com';
    if (!isOwn(request, onClusterHost)) return void response.writeHead(299).end('cluster');
    (onClusterHost ? clusterHost : own)(request, response);
  };
  return { agent: supertest(createServer(route)), calls, events, pages };
}
const hosts = ['gate.example.com:8443', 'prod.example.com'];
const carriers: [string, string][] = [
  ['authorization', 'Bearer Pomerium-'],
  ['authorization', 'Pomerium '],
  ['x-pomerium-authorization', ''],
];

describe("the check by which Pomerium's clients learn whether their token is valid", () => {
  it.each(['/healthz', '/livez', '/healthz?x=y'])(
    'at %s answers ok to a valid one and 401 to an invalid one, in every carrier, on every host',
    async (path) => {
      const { agent, events } = setUp();
      for (const host of hosts) {
        for (const [name, before] of carriers) {
          const answer = await agent.get(path).set({ host, accept: 'application/json', [name]: before + live });
          expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
            200,
            'ok',
            'text/plain; charset=utf-8',
          ]);
          for (const bad of [dead, tokenOf('live', -1000), `${live.slice(0, -12)}AAAAAAAAAAAA`, 'spt_live', 'x'])
            expect((await agent.get(path).set({ host, [name]: before + bad })).status).toBe(401);
        }
      }
      expect(events).toHaveLength(30);
      expect(events.every(({ status, path: said }) => status === 401 && said === path.split('?')[0])).toBe(true);
    },
  );

  it('does not make an outage look like an invalid token, while something that is not a token is still refused', async () => {
    const { agent } = setUp({ down: true });
    expect((await agent.get('/healthz').set('authorization', `Bearer Pomerium-${live}`)).status).toBe(200);
    expect((await agent.get('/healthz').set('authorization', `Bearer Pomerium-${tokenOf('live', -1000)}`)).status).toBe(
      401,
    );
  });

  it('refuses two different credentials', async () => {
    const { agent } = setUp();
    expect(
      (await agent.get('/healthz').set({ authorization: `Bearer Pomerium-${live}`, 'x-pomerium-authorization': dead }))
        .status,
    ).toBe(400);
    expect(
      (await agent.get('/healthz').set({ authorization: 'Bearer spt_live', 'x-pomerium-authorization': live })).status,
    ).toBe(400);
  });

  it("is ok for all other clients on the gateway's own host, and the API server's on the host of a cluster", async () => {
    const { agent } = setUp();
    for (const headers of [
      {},
      { authorization: 'Bearer spt_dead' },
      { authorization: 'Basic eDp5' },
      { cookie: `__Host-sallyport=${dead}` },
    ]) {
      expect((await agent.get('/healthz').set({ host: hosts[0]!, ...headers })).status).toBe(200);
      expect((await agent.get('/livez').set({ host: hosts[1]!, ...headers })).status).toBe(299);
    }
    for (const path of ['/clusters/dev/healthz', '/healthz/', '/healthz/ping', '/livezz'])
      expect((await agent.get(path).set('authorization', `Bearer Pomerium-${live}`)).status).toBe(299);
  });
});

describe("what Pomerium's clients find at the origin of any address", () => {
  it('is the start of a login, without a credential, and never a redirect', async () => {
    const { agent, pages } = setUp();
    for (const host of hosts)
      expect(
        (await agent.get('/.pomerium/api/v1/login?pomerium_redirect_uri=http%3A%2F%2F127.0.0.1%3A1').set({ host }))
          .text,
      ).toBe('page');
    expect(pages.map(({ url, caller }) => [url, caller])).toEqual(
      hosts.map(() => ['/.pomerium/api/v1/login?pomerium_redirect_uri=http%3A%2F%2F127.0.0.1%3A1', undefined]),
    );
  });

  it("is the list of the caller's clusters, by the addresses that kubectl uses", async () => {
    for (const host of hosts) {
      const { agent, calls, events } = setUp();
      const answer = await agent
        .get('/.pomerium/api/v1/routes')
        .set({ host, accept: 'application/json', authorization: `Bearer Pomerium-${live}` });
      expect(answer.body).toEqual({
        routes: [
          {
            id: 'dev',
            name: 'dev',
            type: 'http',
            from: `${gatewayUrl}/clusters/dev`,
            description: 'Kubernetes cluster dev',
            connect_command: '',
            logo_url: '',
          },
          {
            id: 'prod',
            name: 'prod',
            type: 'http',
            from: 'https://prod.example.com',
            description: 'Kubernetes cluster prod',
            connect_command: '',
            logo_url: '',
          },
        ],
      });
      expect(calls).toEqual([
        {
          method: 'POST',
          path: '/v1/clusters',
          body: { credential: { kind: 'token', hash: hashToken(live) } },
          timeoutMs: 5000,
        },
      ]);
      expect(events).toEqual([{ status: 200, path: '/.pomerium/api/v1/routes' }]);
      for (const authorization of [`Bearer Pomerium-${dead}`, 'Basic eDp5', ''])
        expect((await agent.get('/.pomerium/api/v1/routes').set({ host, authorization })).status).toBe(401);
      expect((await agent.get('/.pomerium/api/v1/routes').set({ host })).status).toBe(401);
    }
  });

  it('lists the web applications that the caller may use too, by the same question', async () => {
    const applications = [
      { host: 'grafana.example.com', origin: 'https://grafana.example.com:8443', name: 'Dashboards' },
      { host: 'wiki.example.com', origin: 'https://wiki.example.com:8443', name: undefined },
      { host: 'vault.example.com', origin: 'https://vault.example.com:8443', name: 'Vault' },
    ];
    for (const host of hosts) {
      const { agent, calls } = setUp({ applications });
      const { body } = await agent
        .get('/.pomerium/api/v1/routes')
        .set({ host, authorization: `Bearer Pomerium-${live}` });
      expect((body as { routes: object[] }).routes.slice(2)).toEqual([
        {
          id: 'https://grafana.example.com:8443',
          name: 'Dashboards',
          type: 'http',
          from: 'https://grafana.example.com:8443',
          description: 'Web application grafana.example.com',
          connect_command: '',
          logo_url: '',
        },
        {
          id: 'https://wiki.example.com:8443',
          name: 'wiki.example.com',
          type: 'http',
          from: 'https://wiki.example.com:8443',
          description: 'Web application wiki.example.com',
          connect_command: '',
          logo_url: '',
        },
      ]);
      expect(JSON.stringify(body)).not.toContain('vault');
      expect(calls).toMatchObject([{ path: '/v1/clusters', body: { routes: true } }]);
    }
  });

  it("is the caller's identity and the logout, on the pages of authenticate", async () => {
    const { agent, pages } = setUp();
    for (const path of ['/.pomerium', '/.pomerium/', '/.pomerium/user', '/.pomerium/sign_out']) {
      await agent.get(path).set('authorization', `Pomerium ${live}`);
      expect(pages.at(-1)).toMatchObject({ url: path, caller: expect.any(String) });
    }
    expect((await agent.get('/.pomerium/user').set('authorization', `Pomerium ${dead}`)).status).toBe(401);
  });

  it('is the address of the keys, for anyone who verifies a token of the gateway', async () => {
    const { agent } = setUp();
    for (const host of hosts) {
      expect((await agent.get('/.well-known/pomerium').set({ host })).body).toEqual({
        issuer: gatewayUrl,
        authentication_callback_endpoint: 'https://login.example.com/.sallyport/callback',
        jwks_uri: `${gatewayUrl}/.well-known/pomerium/jwks.json`,
        frontchannel_logout_uri: `${gatewayUrl}/.pomerium/sign_out`,
      });
      expect((await agent.get('/.well-known/pomerium/jwks.json').set({ host })).body).toEqual({ keys: tokens.jwks() });
    }
  });

  it('has the keys of identities too, and the gateway has them at an address of its own', async () => {
    const keys = createIdentityKeyRing(readIdentityKeys(identityKeyPem()), { now: Date.now, signedForMs: 1000 });
    const { agent } = setUp({ identityKeys: { keys, answerKeys: createAnswerIdentityKeys(keys) } });
    const published = keys.published().map(({ jwk }) => jwk);
    for (const host of hosts)
      expect((await agent.get('/.well-known/pomerium/jwks.json').set({ host })).body).toEqual({
        keys: [...tokens.jwks(), ...published],
      });
    const [host, clusterHost] = hosts;
    const answer = await agent.get('/.well-known/sallyport/jwks.json').set({ host });
    expect(answer.body).toEqual({ keys: published });
    expect(answer.headers).toMatchObject({ 'cache-control': 'public, max-age=300' });
    expect((await agent.post('/.well-known/sallyport/jwks.json').set({ host })).status).toBe(404);
    expect((await agent.get('/.well-known/sallyport/jwks.json').set({ host: clusterHost })).text).toBe('cluster');
    expect((await setUp().agent.get('/.well-known/sallyport/jwks.json').set({ host })).status).toBe(404);
  });

  it("accepts a cookie on the gateway's own host, and not on the host of a cluster", async () => {
    const { agent, pages } = setUp();
    const cookie = '__Host-sallyport=spt_browser';
    expect((await agent.get('/.pomerium/api/v1/routes').set({ host: hosts[0]!, cookie })).status).toBe(200);
    expect((await agent.get('/.pomerium/api/v1/routes').set({ host: hosts[1]!, cookie })).status).toBe(401);
    await agent.get('/.pomerium/').set({ host: hosts[1]!, cookie });
    expect(pages.at(-1)).toMatchObject({ caller: undefined, cookie: undefined });
  });

  it('leaves everything else on the host of a cluster to the cluster, and has one spelling', async () => {
    const { agent } = setUp();
    for (const path of [
      '/.sallyport/me',
      '/.sallyport/api/v1/clusters',
      '/.pomeriumx',
      '/.well-known/openid-configuration',
      '/api',
    ])
      expect([path, (await agent.get(path).set({ host: hosts[1]! })).status]).toEqual([path, 299]);
    for (const path of [
      '/.pomerium//user',
      '/.pomerium/..%2fx',
      '/.pomerium/./user',
      '/.pomerium/us%65r',
      '/.well-known/pomerium/',
      '/.well-known/pomerium/../x',
    ])
      expect([path, (await agent.get(path).set({ host: hosts[1]! })).status]).toEqual([path, 400]);
    for (const path of ['/.pomerium/other', '/.pomerium/user/', '/.pomerium/api/v1/login/x'])
      expect([path, (await agent.get(path)).status]).toEqual([path, 404]);
  });
});

describe('an error', () => {
  it("is a page on the gateway's own host only, because a page would load and link to addresses of the cluster", async () => {
    const { agent } = setUp();
    const browse = (host: string) => agent.get('/.pomerium/nothing').set({ host, accept: 'text/html' }).expect(404);
    expect((await browse('gate.example.com:8443')).type).toBe('text/html');
    expect((await browse('prod.example.com')).type).toBe('application/problem+json');
  });
});
