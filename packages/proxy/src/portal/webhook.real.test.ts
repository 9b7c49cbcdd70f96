import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, hashToken } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createOwnApi } from './create-own-api.ts';
import type { PortalDeps } from './calls/portal-deps.ts';
import { createServiceProxy, webhookPassRules } from './calls/service-proxy.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
let seen: { url: string; headers: IncomingHttpHeaders; bytes: number }[] = [];
let begun = 0;
let audit: Server;
let gateway: Server;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  audit = createServer((request, response) => {
    if (request.headers['sallyport-webhook-token'] !== hashToken('right')) {
      response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"unauthenticated"}');
      return;
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      if (bytes === 0) begun += 1;
      bytes += chunk.length;
    });
    request.on('end', () => {
      seen.push({ url: request.url!, headers: request.headers, bytes });
      const isBusy = request.headers['user-agent'] === 'busy';
      response.writeHead(isBusy ? 429 : 200, isBusy ? { 'retry-after': '1' } : {}).end();
    });
  }).listen(0, '127.0.0.1');
  await once(audit, 'listening');
  const common = {
    ca: undefined,
    identity: { credentialFor: async (service: string) => `Sallyport-Service for-${service}` } as never,
    origin: 'https://gate',
    ownPages: createPages({ host: 'gate.example.com' }),
    clientAddress: () => '192.0.2.50',
    logger,
  };
  const url = `http://127.0.0.1:${portOf(audit)}`;
  const deps = {
    ...common,
    clusters: () => [],
    auditCall: { open: () => {}, complete: () => {} },
    toAuthenticate: (_request: unknown, response: { send(text: string): void }) => response.send('page'),
    auditWebhook: createServiceProxy({ ...common, service: 'audit', url }, webhookPassRules),
  } as unknown as PortalDeps;
  gateway = createServer(createOwnApi(deps)).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterAll(() => {
  audit.close();
  gateway.close();
});
beforeEach(() => {
  [seen, begun] = [[], 0];
});
const address = '/.sallyport/audit/dev';
const post = (path = address) =>
  supertest(gateway).post(path).set({ authorization: 'Bearer right', 'content-type': 'application/json' });

describe("a batch of a cluster's audit events", () => {
  it('is passed on with the hash of its token, and nothing else that could be a credential', async () => {
    const answer = await post(`${address}?timeout=30s`)
      .set({
        cookie: '__Host-sallyport=spt_x',
        'sallyport-webhook-token': 'forged',
        'sallyport-caller': 'forged',
        'sallyport-client-address': '10.0.0.1',
        'x-forwarded-for': '10.0.0.1',
        'user-agent': 'kube-apiserver/v1.36.3',
      })
      .send('{"a":1}');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(seen).toMatchObject([
      {
        url: `${address}?timeout=30s`,
        bytes: 7,
        headers: {
          authorization: 'Sallyport-Service for-audit',
          'sallyport-webhook-token': hashToken('right'),
          'sallyport-client-address': '192.0.2.50',
          'content-type': 'application/json',
        },
      },
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/Bearer|spt_x|forged/);
  });

  it('is refused as the audit service refuses it, also when it asks to wait', async () => {
    expect((await post().set('authorization', 'Bearer wrong').send('{}')).status).toBe(401);
    expect((await post().unset('authorization').send('{}')).status).toBe(401);
    const busy = await post().set('user-agent', 'busy').send('{}');
    expect([busy.status, busy.headers['retry-after']]).toEqual([429, '1']);
  });

  it('is passed on as it arrives, and never held here', async () => {
    const request = httpRequest({
      port: portOf(gateway),
      method: 'POST',
      path: address,
      headers: { authorization: 'Bearer right', 'content-type': 'application/json' },
    });
    request.write('{"a":');
    await until(() => begun > 0);
    expect(begun).toBe(1);
    request.end('1}');
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it.each([
    ['/.sallyport/audit', 404],
    ['/.sallyport/audit/', 400],
    ['/.sallyport/audit/dev/', 400],
    ['/.sallyport/audit/dev/more', 404],
    ['/.sallyport/audit/../audit/dev', 400],
    ['/.sallyport/audit/d%65v', 400],
    ['/.sallyport//audit/dev', 400],
    ['/.sallyport/AUDIT/dev', 404],
  ])('is not accepted at %s', async (path, status) => {
    const socket = connect(portOf(gateway), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer right\r\nContent-Length: 2\r\n\r\n{}`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(head.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toEqual([]);
  });

  it.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 40\r\n'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'],
    ['an encoding that is not chunked', 'Transfer-Encoding: xchunked\r\n'],
    ['two credentials', 'Authorization: Bearer right\r\nContent-Length: 2\r\n'],
  ])('is refused with %s, and a second request behind it never arrives', async (_what, framing) => {
    const socket = connect(portOf(gateway), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST ${address} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer right\r\nContent-Type: application/json\r\n${framing}\r\n0\r\n\r\nPOST ${address} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer right\r\nContent-Length: 2\r\n\r\n{}`,
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 1000))]);
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(seen).toEqual([]);
  });

  it('is refused if it says that it is too large', async () => {
    const answer = await post().set('content-length', String(17 * 1024 * 1024));
    expect([answer.status, seen]).toEqual([413, []]);
  });

  it('is answered with 503 and when to try again while the audit service is down', async () => {
    const proxy = createServiceProxy(
      {
        service: 'audit',
        url: 'http://127.0.0.1:9',
        ca: undefined,
        identity: { credentialFor: async () => 'x' } as never,
        origin: 'https://gate',
        ownPages: createPages({ host: 'gate.example.com' }),
        clientAddress: () => '192.0.2.50',
        logger,
      },
      webhookPassRules,
    );
    const deps = {
      clusters: () => [],
      auditWebhook: proxy,
      toAuthenticate: proxy,
      clientAddress: () => '',
      auditCall: { open: () => undefined, complete: () => undefined },
      logger,
    };
    const app = createOwnApi(deps as unknown as PortalDeps);
    const answer = await supertest(app).post(address).set('authorization', 'Bearer right').send('{}');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  });
});
