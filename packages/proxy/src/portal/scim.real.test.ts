import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, hashToken } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createOwnApi } from './create-own-api.ts';
import { createServiceProxy, scimPassRules } from './calls/service-proxy.ts';
import type { PortalDeps } from './calls/portal-deps.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
const refusals: number[] = [];
let seen: { url: string; method: string; headers: IncomingHttpHeaders; bytes: number }[] = [];
let authenticate: Server;
let gateway: Server;
beforeAll(async () => {
  authenticate = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      seen.push({ url: request.url!, method: request.method!, headers: request.headers, bytes });
      response.writeHead(request.method === 'POST' ? 201 : 200, {
        'content-type': 'application/scim+json',
        etag: 'W/"1"',
        location: 'https://gate/.sallyport/scim/v2/Users/x',
        'www-authenticate': 'Bearer',
      });
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(authenticate, 'listening');
  const url = `http://127.0.0.1:${(authenticate.address() as AddressInfo).port}`;
  const identity = { credentialFor: async () => 'Sallyport-Service of-the-proxy' } as unknown as Parameters<
    typeof createServiceProxy
  >[0]['identity'];
  const deps = {
    origin: 'https://gate',
    clientAddress: () => '192.0.2.50',
    logger,
    clusters: () => [],
    auditCall: { open: () => {}, complete: ({ status }: { status: number }) => void refusals.push(status) },
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (_request: unknown, response: { send(text: string): void }) => response.send('page'),
    scim: createServiceProxy(
      {
        service: 'authenticate',
        url,
        ca: undefined,
        identity,
        origin: 'https://gate',
        ownPages: createPages({ host: 'gate.example.com' }),
        clientAddress: () => '192.0.2.50',
        logger,
      },
      scimPassRules,
    ),
  } as unknown as PortalDeps;
  gateway = createServer(createOwnApi(deps)).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterAll(() => {
  authenticate.close();
  gateway.close();
});
beforeEach(() => {
  seen = [];
  refusals.length = 0;
});
const agent = () => supertest(gateway);
const base = '/.sallyport/scim/v2';

describe('a SCIM request', () => {
  it('is passed on with the hash of its token, and nothing else that could be a credential', async () => {
    const answer = await agent()
      .post(`${base}/Users?attributes=userName`)
      .set({
        authorization: 'Bearer secret-of-okta',
        cookie: '__Host-sallyport=spt_x',
        origin: 'https://evil.example',
        'sallyport-scim-token': 'forged',
        'sallyport-client-address': '10.0.0.1',
        'sallyport-caller': 'forged',
        'x-forwarded-for': '10.0.0.1',
        'content-type': 'application/scim+json',
        'if-match': 'W/"1"',
        'user-agent': 'Okta SCIM Client 1.0.0',
      })
      .send('{"a":1}');
    expect([answer.status, answer.headers['etag'], answer.headers['content-type'], answer.headers['location']]).toEqual(
      [201, 'W/"1"', 'application/scim+json', 'https://gate/.sallyport/scim/v2/Users/x'],
    );
    const [{ url, headers, bytes }] = seen as [(typeof seen)[0]];
    expect([url, bytes]).toEqual([`${base}/Users?attributes=userName`, 7]);
    expect(headers).toMatchObject({
      authorization: 'Sallyport-Service of-the-proxy',
      'sallyport-scim-token': hashToken('secret-of-okta'),
      'sallyport-client-address': '192.0.2.50',
      'if-match': 'W/"1"',
      'user-agent': 'Okta SCIM Client 1.0.0',
    });
    expect(JSON.stringify(headers)).not.toMatch(/secret-of-okta|spt_x|forged|evil/);
    expect(headers).not.toHaveProperty('sallyport-caller');
  });

  it.each([
    ['nothing', undefined],
    ['another scheme', 'Basic YTpi'],
    ['a Pomerium one', 'Pomerium abc'],
    ['an empty one', 'Bearer '],
    ['two in one', 'Bearer a b'],
    ['one that never ends', `Bearer ${'a'.repeat(5000)}`],
  ])('with %s for a token is passed on without one, for authenticate to refuse', async (_what, authorization) => {
    await agent()
      .get(`${base}/Users`)
      .set(authorization === undefined ? {} : { authorization });
    expect(seen.map(({ headers }) => headers['sallyport-scim-token'])).toEqual([undefined]);
  });

  it('accepts the names of schemas, and each address in one form only', async () => {
    await agent()
      .get(`${base}/Schemas/urn:ietf:params:scim:schemas:core:2.0:User`)
      .set('authorization', 'Bearer a')
      .expect(200);
    for (const path of ['/.search', '/Users/.search', '/Groups/.search'])
      await agent()
        .post(`${base}${path}`)
        .set({ authorization: 'Bearer a', 'content-type': 'application/scim+json' })
        .send('{}')
        .expect(201);
    const from = seen.length;
    for (const path of [
      '/Users/.search/',
      '/Users/..search',
      '/Users/x/.search',
      '/Me/.search',
      '/.search/Users',
      '/Users/a%2Fb',
      '/Users//a',
      '/Users/../../login',
      '/Users/.',
      '/Users/a:b',
      '/Schemas/urn',
      '/Schemas/urn:a/../x',
      '/Schemas/urn:a%20b',
      '/Users/',
    ]) {
      // As bytes, because clients normalize addresses.
      const { port } = gateway.address() as AddressInfo;
      const call = httpRequest({
        host: '127.0.0.1',
        port,
        path: `${base}${path}`,
        headers: { authorization: 'Bearer a' },
      });
      call.end();
      const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
      answer.resume();
      expect([path, answer.statusCode]).toEqual([path, path === '/Schemas/urn' ? 200 : 400]);
    }
    expect(seen.slice(from).map(({ url }) => url)).toEqual([`${base}/Schemas/urn`]);
  });

  it('with two tokens, or with too large a body, is not passed on', async () => {
    const { port } = gateway.address() as AddressInfo;
    const call = httpRequest({
      host: '127.0.0.1',
      port,
      path: `${base}/Users`,
      headers: ['host', 'gate', 'authorization', 'Bearer a', 'authorization', 'Bearer b'],
    });
    call.end();
    const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(400);
    const large = await agent()
      .post(`${base}/Users`)
      .set({ authorization: 'Bearer a', 'content-type': 'application/json' })
      .send(`"${'x'.repeat(4 * 1024 * 1024)}"`);
    expect(large.status).toBe(413);
    expect(seen).toEqual([]);
  });

  it('of a group with very many members is passed on completely', async () => {
    await agent()
      .put(`${base}/Groups/x`)
      .set({ authorization: 'Bearer a', 'content-type': 'application/scim+json' })
      .send(`"${'x'.repeat(3 * 1024 * 1024)}"`)
      .expect(200);
    expect(seen[0]!.bytes).toBe(3 * 1024 * 1024 + 2);
  });

  it('has one address only', async () => {
    expect((await agent().get('/.sallyport/scim/v1/Users')).status).toBe(404);
    expect((await agent().get('/.sallyport/scim/v2')).status).toBe(404);
  });
});
