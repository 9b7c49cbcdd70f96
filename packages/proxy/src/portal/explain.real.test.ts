import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { CheckAnswer, ExplainRequest, SallyportPart } from '@sallyport/contracts';
import { createLogger, hashToken, ProblemError, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createFindCaller } from './calls/find-caller.ts';
import { createOwnApi } from './create-own-api.ts';
import { readQuestion } from './api/read-question.ts';
import { landingSettings } from '../testing/pages-rig.ts';

const identity = {
  provider: 'corp',
  issuer: 'https://idp',
  subject: 's',
  user: 'alice@example.com',
  groups: ['developers'],
  amr: [],
};
const decision: CheckAnswer['decision'] = { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v' };
const explanation = {
  cluster: 'dev',
  person: { user: identity.user, groups: identity.groups, other: false },
  decision,
  shows: 'yours',
  rules: [],
  leftOut: 0,
  asked: {
    verb: 'create',
    resource: 'pods',
    apiGroup: '',
    subresource: 'exec',
    namespace: 'dev',
    name: 'web',
    isResourceRequest: true,
    method: 'POST',
    path: '/',
  },
};

function setUp(answer: () => unknown = () => explanation) {
  const calls: ServiceRequest[] = [];
  const kindsAsked: string[] = [];
  const events: { status: number; explained: SallyportPart['explained'] }[] = [];
  const check = ({
    credential,
    target,
  }: {
    credential: { kind: string; hash?: string };
    target: { kind: string };
  }): Promise<CheckAnswer> => {
    const kind = new Map([
      [hashToken('spt_live'), 'cli' as const],
      [hashToken('spt_browser'), 'browser' as const],
    ]).get(credential.hash ?? '');
    const live = kind !== undefined;
    return Promise.resolve({
      decision: { ...decision, effect: live && target.kind === 'self' ? 'allow' : 'deny' },
      ...(live ? { identity, session: { id: 'ses_1', kind, expiresAt: 1 } } : {}),
    });
  };
  const service = {
    request: (asked: ServiceRequest) => {
      calls.push(asked);
      return new Promise<{ status: number; headers: object; body: unknown }>((resolve) => {
        resolve({ status: 200, headers: {}, body: answer() });
      }) as Promise<never>;
    },
  };
  const app = createOwnApi({
    origin: 'https://gate',
    findCaller: createFindCaller({ client: { check } }),
    clientAddress: () => '10.0.0.9',
    clientCertificateOf: () => ({ presented: false }),
    authenticate: service,
    audit: { ...service, stream: () => Promise.reject(new Error('not asked for')) },
    authorize: service,
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (_request, response) => void response.end(),
    landing: landingSettings,
    clusters: () => [],
    kindsOf: (cluster) =>
      cluster === 'dev'
        ? {
            namespaced: (_group, _version, resource) => {
              kindsAsked.push(resource);
              return Promise.resolve(resource !== 'zones');
            },
            aggregated: () => undefined,
          }
        : undefined,
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    auditCall: { open: () => {}, complete: ({ status, explained }) => void events.push({ status, explained }) },
  });
  const ask = (body: unknown, headers: Record<string, string> = { authorization: 'Bearer spt_live' }) =>
    supertest(app)
      .post('/.sallyport/api/v1/policy/explain')
      .set(headers)
      .set('content-type', 'application/json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  return { app, ask, calls, events, kindsAsked, sent: () => calls[0]!.body as ExplainRequest };
}
const exec = { cluster: 'dev', verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'dev', name: 'web' };

describe('POST .../policy/explain', () => {
  it('asks authorize about the request as if the caller made it over the same connection', async () => {
    const { ask, calls, events, sent } = setUp();
    const { body } = await ask({ ...exec, command: ['ls', '/'], container: 'c' }).expect(200);
    expect(body).toEqual(explanation);
    expect(calls[0]).toMatchObject({ method: 'POST', path: '/v1/explain' });
    expect(sent()).toEqual({
      check: {
        credential: { kind: 'token', hash: hashToken('spt_live') },
        target: { kind: 'cluster', name: 'dev' },
        request: {
          method: 'POST',
          path: '/api/v1/namespaces/dev/pods/web/exec',
          host: expect.any(String),
          ip: '10.0.0.9',
          clientCertificate: { presented: false },
        },
        kubernetes: {
          verb: 'create',
          requestVerb: 'create',
          isResourceRequest: true,
          path: '/api/v1/namespaces/dev/pods/web/exec',
          apiGroup: '',
          apiVersion: 'v1',
          resource: 'pods',
          subresource: 'exec',
          namespace: 'dev',
          name: 'web',
          namespaced: true,
          aggregated: false,
          exec: { container: 'c', command: ['ls', '/'], stdin: false, tty: false },
        },
      },
    });
    expect(events).toEqual([
      {
        status: 200,
        explained: {
          cluster: 'dev',
          verb: 'create',
          resource: 'pods/exec',
          namespace: 'dev',
          name: 'web',
          effect: 'deny',
          rule: 'default-deny',
          shows: 'yours',
        },
      },
    ]);
  });

  it('tells whether a kind that is not built in is namespaced, as the road would', async () => {
    const of = async (question: object) => {
      const { ask, calls } = setUp();
      await ask({ cluster: 'dev', verb: 'list', apiGroup: 'example.com', resource: 'zones', ...question }).expect(200);
      return (calls.at(-1)!.body as ExplainRequest).check.kubernetes?.namespaced;
    };
    expect(await of({})).toBe(false);
    expect(await of({ resource: 'widgets' })).toBe(true);
    expect(await of({ cluster: 'other' })).toBeUndefined();
    expect(await of({ namespace: 'dev' })).toBeUndefined();
  });

  it('asks no cluster about a kind for someone who must not know of the cluster', async () => {
    const { app, ask, kindsAsked } = setUp(() => {
      throw new ProblemError('not-found', 'There is no such cluster.');
    });
    const kind = { verb: 'list', apiGroup: 'example.com', resource: 'zones' };
    await ask({ cluster: 'dev', ...kind }).expect(404);
    await supertest(app)
      .post('/.sallyport/api/v1/policy/can-i')
      .set({ authorization: 'Bearer spt_live', 'content-type': 'application/json' })
      .send(JSON.stringify({ cluster: 'dev', requests: [kind] }))
      .expect(404);
    expect(kindsAsked).toEqual([]);
  });

  it('refuses a question about a request that the road would refuse', async () => {
    const { ask, calls } = setUp();
    await ask({ cluster: 'dev', path: '/apis/example.com/v1/watch/widgets', method: 'POST' }).expect(405);
    expect(calls).toEqual([]);
  });

  it('passes on which user it is about, and records that, also if authorize refuses', async () => {
    const { ask, events, sent } = setUp(() => {
      throw new ProblemError('forbidden', 'not yours to ask');
    });
    await ask({ ...exec, about: { user: 'bob\u001b[2J', groups: ['sre'] } }).expect(403);
    expect(sent().about).toEqual({ user: 'bob\u001b[2J', groups: ['sre'] });
    expect(events).toEqual([
      { status: 403, explained: expect.objectContaining({ cluster: 'dev', about: 'bob\\u001b[2J' }) },
    ]);
  });

  it('refuses callers without a session, whatever the body', async () => {
    const { ask, calls, events } = setUp();
    for (const headers of [{}, { authorization: 'Bearer spt_dead' }] as Record<string, string>[])
      for (const body of [exec, '{', { ...exec, cluster: 'none' }]) await ask(body, headers).expect(401);
    expect(calls).toEqual([]);
    expect(events.map(({ status, explained }) => [status, explained])).toEqual(
      Array.from({ length: 6 }, () => [401, undefined]),
    );
  });

  it('accepts no question by cookie from another site', async () => {
    const { ask, calls } = setUp();
    await ask(exec, { cookie: '__Host-sallyport=spt_browser', origin: 'https://evil' }).expect(403);
    expect(calls).toEqual([]);
    await ask(exec, { cookie: '__Host-sallyport=spt_browser', origin: 'https://gate' }).expect(200);
  });

  it.each([
    ['broken JSON', '{', 400],
    ['a list', [], 400],
    ['nothing', {}, 400],
    ['an unknown member', { ...exec, as: 'bob' }, 400],
    ['no verb', { cluster: 'dev', resource: 'pods' }, 400],
    ['an unknown verb', { ...exec, verb: 'bind' }, 400],
    ['a name with a slash', { ...exec, name: '../x' }, 400],
    ['dots', { cluster: 'dev', path: '/api/../v1' }, 400],
    ['both', { ...exec, path: '/api' }, 400],
    ['a method without a path', { ...exec, method: 'GET' }, 400],
    ['an odd method', { cluster: 'dev', path: '/api', method: 'TRACE' }, 400],
    ['bad bytes', '"\ud800"', 400],
    ['too much', JSON.stringify({ ...exec, name: 'x'.repeat(200_000) }), 413],
  ])('refuses a body with %s', async (_what, body, status) => {
    const { ask, calls } = setUp();
    await ask(body)
      .expect(status)
      .expect('content-type', /problem\+json/);
    expect(calls).toEqual([]);
  });

  it('refuses a form, and a body that does not end', async () => {
    const { app } = setUp();
    await supertest(app)
      .post('/.sallyport/api/v1/policy/explain')
      .set('authorization', 'Bearer spt_live')
      .type('form')
      .send('cluster=dev')
      .expect(415);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const call = request({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/.sallyport/api/v1/policy/explain',
      headers: { authorization: 'Bearer spt_live', 'content-type': 'application/json' },
    });
    const answered = once(call, 'response') as Promise<[IncomingMessage]>;
    for (let sent = 0; sent < 20; sent += 1) call.write('x'.repeat(15_000));
    expect((await answered)[0].statusCode).toBe(413);
    call.destroy();
    server.close();
  });

  it('answers 503 when the explanation cannot be read', async () => {
    await setUp(() => ({ rules: 'all' }))
      .ask(exec)
      .expect(503);
  });
});

describe('POST .../policy/can-i', () => {
  const list = {
    cluster: 'dev',
    namespace: 'dev',
    requests: [
      { verb: 'get', resource: 'pods' },
      { verb: 'delete', resource: 'deployments', apiGroup: 'apps' },
    ],
  };
  const post = (app: Parameters<typeof supertest>[0], body: unknown, token = 'spt_live') =>
    supertest(app)
      .post('/.sallyport/api/v1/policy/can-i')
      .set({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })
      .send(JSON.stringify(body));

  it('asks authorize about many requests at once', async () => {
    const { app, calls, events } = setUp(() => ({ policyVersion: 'v', allowed: [true, false] }));
    const { body } = await post(app, list).expect(200);
    expect(body).toEqual({ policyVersion: 'v', allowed: [true, false] });
    expect(calls[0]).toMatchObject({
      path: '/v1/can-i',
      body: {
        check: { target: { kind: 'cluster', name: 'dev' }, request: { ip: '10.0.0.9' } },
        requests: [
          { method: 'GET', kubernetes: { verb: 'get', resource: 'pods', namespace: 'dev', name: '' } },
          {
            method: 'DELETE',
            kubernetes: {
              verb: 'delete',
              resource: 'deployments',
              apiGroup: 'apps',
              path: '/apis/apps/v1/namespaces/dev/deployments/<name>',
            },
          },
        ],
      },
    });
    expect(events).toEqual([{ status: 200, explained: { cluster: 'dev', verb: 'many', namespace: 'dev' } }]);
  });

  it('is for any logged-in caller, limits the number of requests, and passes on no partial answer', async () => {
    const { app, calls } = setUp(() => ({ policyVersion: 'v', allowed: [true] }));
    await post(app, list, 'spt_dead').expect(401);
    for (const body of [
      {},
      { ...list, requests: [] },
      { ...list, requests: Array.from({ length: 257 }, () => list.requests[0]) },
      { ...list, requests: [{ verb: 'bind', resource: 'pods' }] },
      { ...list, about: { user: 'bob' } },
    ])
      await post(app, body).expect(400);
    expect(calls).toEqual([]);
    await post(app, list).expect(503);
  });
});

describe('a question', () => {
  it('about a path is read as the request itself would be', () => {
    expect(readQuestion({ cluster: 'dev', path: '/api/v1/namespaces/dev/pods/web/exec?command=ls' })).toMatchObject({
      method: 'GET',
      kubernetes: { verb: 'create', requestVerb: 'get', subresource: 'exec', exec: { command: ['ls'] } },
    });
    expect(readQuestion({ cluster: 'dev', path: '/healthz', verb: 'get' })).toMatchObject({
      method: 'GET',
      kubernetes: { isResourceRequest: false, verb: 'get', path: '/healthz' },
    });
  });

  it('without a name is about any object', () => {
    expect(readQuestion({ cluster: 'dev', verb: 'get', resource: 'pods', namespace: 'dev' }).kubernetes).toMatchObject({
      verb: 'get',
      name: '',
      path: '/api/v1/namespaces/dev/pods/<name>',
    });
  });

  it('about a dry run of a delete counts as one with a body, for which the API server ignores the query', () => {
    expect(
      readQuestion({ cluster: 'dev', verb: 'delete', resource: 'pods', name: 'web', dryRun: true }).kubernetes,
    ).not.toHaveProperty('dryRun');
    expect(readQuestion({ cluster: 'dev', verb: 'create', resource: 'pods', dryRun: true }).kubernetes).toMatchObject({
      dryRun: true,
    });
  });
});
