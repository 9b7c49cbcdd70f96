import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createLogger, ProblemError } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createOwnApi } from './create-own-api.ts';
import { setUpOwnApi as setUp } from '../testing/own-api-rig.ts';

const bearer = 'Bearer spt_live';
const cookie = '__Host-sallyport=spt_browser';
const api = '/.sallyport/api/v1';

describe('the list of clusters', () => {
  const list = async (own?: unknown) => setUp(false, own).agent.get(`${api}/clusters`).set('authorization', bearer);

  it('contains the clusters where the policy might allow the caller something, and no others', async () => {
    expect((await list()).body).toEqual({ clusters: [{ name: 'dev', url: 'https://gate/clusters/dev' }] });
    expect((await list([])).body).toEqual({ clusters: [] });
    expect((await list(['gone', 'prod'])).body).toEqual({
      clusters: [{ name: 'prod', url: 'https://gate/clusters/prod', connector: { connected: false, since: 5 } }],
    });
  });

  it('is refused if the answer of authorize cannot be parsed', async () => {
    for (const own of ['dev', null, [1]]) expect((await list(own)).status).toBe(503);
  });
});

describe("the gateway's own API", () => {
  it('refuses callers without a session, and records the refusal', async () => {
    const { agent, calls, events } = setUp();
    for (const path of ['clusters', 'sessions', 'audit', 'policy'])
      await agent
        .get(`${api}/${path}`)
        .expect(401)
        .expect('www-authenticate', /Bearer/);
    await agent.get(`${api}/clusters`).set('authorization', 'Bearer spt_dead').expect(401);
    await agent.get(`${api}/clusters`).set('authorization', 'Basic YTpi').expect(401);
    expect(calls).toEqual([]);
    expect(events.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
  });

  it.each(['/.sallyport/me', `${api}/clusters`])(
    'tells the holder of an ended token at %s that it was rejected',
    (path) =>
      setUp()
        .agent.get(path)
        .set('authorization', 'Bearer spt_dead')
        .expect(401)
        .expect('www-authenticate', 'Bearer realm="sallyport"'),
  );

  it('passes on the caller, and whether the policy allows them more than their own things', async () => {
    const mine = setUp();
    await mine.agent.get(`${api}/sessions?user=bob`).set('authorization', bearer).expect(200);
    expect(mine.calls[0]!.path).toBe('/v1/sessions?user=bob');
    expect(mine.callerOf(mine.calls[0]!)).toMatchObject({
      privileged: false,
      identity: { user: 'alice@example.com' },
      clientAddress: '10.0.0.9',
    });
    const all = setUp(true);
    await all.agent.get(`${api}/sessions`).set('authorization', bearer).expect(200);
    expect(all.callerOf(all.calls[0]!)).toMatchObject({ privileged: true });
  });

  it('asks for the trail of the clusters that the caller may see, by the query that is passed on', async () => {
    const { agent, calls } = setUp();
    await agent.get(`${api}/audit?user=bob?&cluster=prod`).set('authorization', bearer).expect(200);
    expect(calls.map(({ path }) => path)).toEqual(['/v1/audit-view', '/v1/events?user=bob?&cluster=prod']);
    expect(calls[0]!.body).toMatchObject({ cluster: 'prod', request: { method: 'GET', ip: '10.0.0.9' } });
    expect(calls[1]!.body).toEqual({ view: { clusters: ['dev'], withoutCluster: false } });
  });

  it("asks authorize for the list of streams on behalf of the caller, with the caller's filter", async () => {
    const mine = setUp();
    await mine.agent.get(`${api}/streams`).expect(401);
    await mine.agent.get(`${api}/streams`).set('authorization', bearer).expect(200);
    await mine.agent
      .get(`${api}/streams?ended=true&all=true&user=bob%40example.com&cluster=dev&session=ses_1`)
      .set('authorization', bearer)
      .expect(200);
    expect(mine.calls).toMatchObject([
      { method: 'POST', path: '/v1/streams', body: { ended: false, all: false, where: {} } },
      {
        method: 'POST',
        path: '/v1/streams',
        body: { ended: true, all: true, where: { user: 'bob@example.com', cluster: 'dev', session: 'ses_1' } },
      },
    ]);
    expect(mine.callerOf(mine.calls[1]!)).toMatchObject({ privileged: false, identity: { user: 'alice@example.com' } });
    expect(mine.events.map(({ status }) => status)).toEqual([401, 200, 200]);
    const all = setUp(true);
    await all.agent.get(`${api}/streams?all=true`).set('authorization', bearer).expect(200);
    expect(all.callerOf(all.calls[0]!)).toMatchObject({ privileged: true });
  });

  it('asks authorize to end a stream on behalf of the caller, and never for a GET or a page of another site', async () => {
    const stream = `${api}/streams/0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11`;
    const mine = setUp();
    await mine.agent.delete(stream).expect(401);
    await mine.agent.delete(stream).set('cookie', cookie).set('origin', 'https://evil').expect(403);
    await mine.agent.delete(stream).set('cookie', cookie).expect(403);
    await mine.agent.get(stream).set('authorization', bearer).expect(404);
    await mine.agent.delete(`${api}/streams`).set('authorization', bearer).expect(404);
    await mine.agent.delete(`${api}/streams/..%2fx`).set('authorization', bearer).expect(400);
    expect(mine.calls).toEqual([]);
    await mine.agent.delete(stream).set('authorization', bearer).expect(200);
    expect(mine.calls).toMatchObject([
      { method: 'POST', path: '/v1/streams/end', body: { stream: stream.split('/').at(-1) } },
    ]);
    expect(mine.callerOf(mine.calls[0]!)).toMatchObject({ privileged: false, identity: { user: 'alice@example.com' } });
    expect(mine.events.filter(({ path }) => path === stream).map(({ status }) => status)).toEqual([
      401, 403, 403, 404, 200,
    ]);
    const all = setUp(true);
    await all.agent.delete(stream).set('authorization', bearer).expect(200);
    expect(all.callerOf(all.calls[0]!)).toMatchObject({ privileged: true });
  });

  it.each([
    'all=yes',
    'ended=',
    'all=true&all=false',
    'user=',
    'user=a&user=b',
    'user[x]=a',
    'of=bob',
    'constructor=x',
    `session=${'x'.repeat(1025)}`,
    'stream=x',
  ])('refuses a list of streams with ?%s', async (query) => {
    const { agent, calls } = setUp(true);
    await agent.get(`${api}/streams?${query}`).set('authorization', bearer).expect(400);
    expect(calls).toEqual([]);
  });

  it('accepts no policy in a reload, and no reload by cookie from another site', async () => {
    const { agent, calls } = setUp(true);
    await agent.post(`${api}/policy/reload`).set('authorization', bearer).send({ policy: [] }).expect(400);
    await agent.post(`${api}/policy/reload`).set('cookie', cookie).set('origin', 'https://evil').expect(403);
    await agent.get(`${api}/policy/reload`).set('authorization', bearer).expect(404);
    expect(calls).toEqual([]);
  });

  it('passes on which sessions to end, and with which rights', async () => {
    const { agent, calls, callerOf } = setUp(true);
    await agent.delete(`${api}/sessions?user=bob%40example.com`).expect(401);
    await agent.delete(`${api}/sessions?all=true`).set('cookie', cookie).set('origin', 'https://evil').expect(403);
    expect(calls).toEqual([]);
    await agent.delete(`${api}/sessions?user=bob%40example.com&provider=corp`).set('authorization', bearer).expect(200);
    expect(calls).toMatchObject([
      { method: 'DELETE', path: '/v1/sessions?user=bob%40example.com&provider=corp', timeoutMs: 30_000 },
    ]);
    expect(callerOf(calls[0]!)).toMatchObject({ privileged: true });
  });

  it("passes a provider's logout on to authenticate, without a caller", async () => {
    const { agent, seen } = setUp();
    await agent
      .post('/.sallyport/backchannel-logout/corp')
      .set('authorization', 'Bearer spt_live')
      .type('form')
      .send({ logout_token: 'x' })
      .expect(200, 'page');
    await agent.get('/.sallyport/signed-out').set('cookie', cookie).expect(200, 'page');
    expect(seen.caller).toBeUndefined();
    await agent.post('/.sallyport/backchannel-logout/corp/x').expect(404);
  });

  it('accepts no change by cookie from another site', async () => {
    const { agent, calls } = setUp(true);
    for (const origin of ['https://evil', 'https://gate.evil', 'http://gate', 'null'])
      await agent.delete(`${api}/sessions/x`).set('cookie', cookie).set('origin', origin).expect(403);
    await agent.delete(`${api}/sessions/x`).set('cookie', cookie).expect(403);
    expect(calls).toEqual([]);
    await agent.delete(`${api}/sessions/x`).set('cookie', cookie).set('origin', 'https://gate').expect(200);
    await agent.delete(`${api}/sessions/y`).set('authorization', bearer).expect(200);
    expect(calls.map(({ path }) => path)).toEqual(['/v1/sessions/x', '/v1/sessions/y']);
  });

  it.each([
    ['the login of a browser as a bearer token', { authorization: 'Bearer spt_browser' }],
    ['the token of the command line in the cookie', { cookie: '__Host-sallyport=spt_live' }],
    ['the token of an agent in the cookie', { cookie: '__Host-sallyport=spt_agent' }],
    ['the token of a service account in the cookie', { cookie: '__Host-sallyport=spt_machine' }],
  ])('accepts no session in the wrong carrier: %s', async (_what, headers) => {
    const { agent, calls, seen } = setUp();
    const { body } = await agent.get(`${api}/sessions`).set(headers).expect(401);
    expect(body).toMatchObject({ detail: expect.stringContaining('Log in') });
    expect(calls).toEqual([]);
    await agent.get('/.sallyport/me').set(headers);
    expect(seen.caller).toBeUndefined();
  });

  it('accepts no signed token in a cookie, where its signature is not verified', async () => {
    const { agent, calls, events } = setUp();
    await agent.get(`${api}/audit`).set('cookie', '__Host-sallyport=signed.by.us').expect(401);
    expect(calls).toEqual([]);
    expect(events.map(({ status }) => status)).toEqual([401]);
  });

  it('records requests for unknown addresses', async () => {
    const { agent, events } = setUp();
    await agent.get('/.sallyport/other?secret=x').expect(404);
    await agent.put(`${api}/audit`).set('authorization', bearer).expect(404);
    expect(events).toEqual([
      { status: 404, path: '/.sallyport/other' },
      { status: 404, path: `${api}/audit` },
    ]);
  });

  it('accepts no cookie that appears twice, because either may have been planted', async () => {
    await setUp().agent.get(`${api}/clusters`).set('cookie', `${cookie}; __Host-sallyport=spt_other`).expect(401);
    await setUp().agent.get(`${api}/clusters`).set('cookie', `__Host-sallyport=spt_other; ${cookie}`).expect(401);
  });

  it('refuses a token together with the cookie of another session', async () => {
    await setUp()
      .agent.get(`${api}/clusters`)
      .set('authorization', bearer)
      .set('cookie', '__Host-sallyport=spt_other')
      .expect(400);
  });
});

describe('an address that is not plain', () => {
  const ask = async (path: string, lines: string[] = []) => {
    const { app, events, seen } = setUp();
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: ${bearer}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
    );
    await once(socket, 'end');
    server.close();
    return { status: Number(text.split(' ')[1]), events, seen, text };
  };

  it.each([
    '/.sallyport/me/../../v1/sessions',
    '/.sallyport/me/%2e%2e/%2e%2e/v1/sessions',
    '/.sallyport/login/../../v1/sessions?all=true',
    '/.sallyport/me//../v1',
    '/.sallyport/me;x',
    '/.sallyport/%6de',
    '/.sallyport/api/v1/sessions/..',
    '/.sallyport/./me',
    '/.sallyport//me',
    '/.sallyport/me/',
    '/.sallyport/me\\..',
    `/.sallyport/me?access_token=spt_${'a'.repeat(43)}`,
  ])('(%s) is refused, and never normalized for another service', async (path) => {
    const { status, events, seen, text } = await ask(path);
    expect(status).toBe(400);
    expect(text).toContain('"code":"bad-request"');
    expect(events.map((event) => event.status)).toEqual([400]);
    expect(seen.caller).toBeUndefined();
  });

  it.each([
    'Transfer-Encoding: identity, chunked',
    'Host: other',
    'Connection: Authorization',
    'Authorization: Bearer spt_other',
    'Impersonate-User: root',
  ])('is refused, like a request with an ambiguous head (%s)', async (line) => {
    expect((await ask('/.sallyport/me', [line])).status).toBeGreaterThanOrEqual(400);
  });
});

describe('the login pages', () => {
  it('get the caller if there is one, and nothing that the client claims', async () => {
    const { agent, seen } = setUp();
    await agent.get('/.sallyport/me').set('cookie', cookie).set('sallyport-caller', 'forged').expect(200);
    expect(seen.caller).toBeDefined();
    await agent.get('/.sallyport/login').set('sallyport-caller', 'forged').expect(200);
    expect(seen.caller).toBeUndefined();
    await agent.get('/.sallyport/me').set('cookie', '__Host-sallyport=spt_dead').expect(200);
    expect(seen.caller).toBeUndefined();
    await agent.get('/.sallyport/me').set('authorization', 'Bearer spt_dead').expect(401);
    await agent.post('/.sallyport/logout').set('cookie', cookie).set('origin', 'https://evil').expect(403);
  });

  it('are the only pages: anything else is not found, with a message and without a stack', async () => {
    const answer = await setUp().agent.get('/.sallyport/other').expect(404);
    expect(answer.body).toMatchObject({ code: 'not-found', status: 404 });
    await setUp().agent.get('/healthz').expect(200, 'ok');
  });

  it('answer 503, and no details, when a check fails', async () => {
    const app = createOwnApi({
      ...({} as Parameters<typeof createOwnApi>[0]),
      origin: 'https://gate',
      findCaller: () => Promise.reject(new ProblemError('authorize-unavailable', 'down')),
      clientAddress: () => '',
      auditCall: { open: () => {}, complete: () => {} },
      logger: createLogger({ service: 'proxy', level: 'silent' }),
      ownPages: createPages({ host: 'gate.example.com' }),
      toAuthenticate: (_request, response) => void response.send('page'),
    });
    await supertest(app).get('/.sallyport/me').set('cookie', cookie).expect(503);
    await supertest(app).get(`${api}/clusters`).set('authorization', bearer).expect(503);
  });
});
