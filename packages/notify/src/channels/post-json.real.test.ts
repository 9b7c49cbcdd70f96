import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { Webhook } from 'standardwebhooks';
import { makeCertificate } from '../testing/certificates.ts';
import { exampleNotice } from '../testing/example-notice.ts';
import { createWebhookChannel } from './create-webhook-channel.ts';
import { postJson } from './post-json.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const never = new AbortController().signal;
type Received = { path: string; headers: IncomingHttpHeaders; body: string };

let servers: Server[];
let fetches: { close(): Promise<void> }[];
let received: Received[];
beforeEach(() => {
  servers = [];
  fetches = [];
  received = [];
});
afterEach(async () => {
  for (const one of fetches) await one.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const fetchOf = (options: { ca?: string } = {}) => {
  const made = createOutboundFetch(options);
  fetches.push(made);
  return made.fetch;
};
const listener =
  (answer: RequestListener): RequestListener =>
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  };
async function listen(server: Server, scheme = 'http'): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const receiver = (answer: RequestListener) => listen(createServer(listener(answer)));
const post = (url: string, timeoutMs = 3000) =>
  postJson(fetchOf(), url, { body: '{}', signal: never, timeoutMs }).then(
    () => 'taken',
    (error: Error) => error.message,
  );

describe('a receiver of webhooks', () => {
  it('gets a CloudEvent whose signature it can verify, with another time at each attempt', async () => {
    const url = await receiver((_request, response) => response.writeHead(received.length === 1 ? 503 : 204).end());
    let now = Date.now();
    const send = createWebhookChannel(
      { url: `${url}/hook?tenant=1`, secret },
      { fetch: fetchOf(), gatewayUrl: 'https://gate.example.com', now: () => now },
    );
    await expect(send(exampleNotice(), never)).rejects.toThrow('it answered 503');
    now += 5000;
    await send(exampleNotice(), never);
    const [first, second] = received;
    expect(second).toMatchObject({
      path: '/hook?tenant=1',
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    for (const { headers, body } of received)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
        id: exampleNotice().id,
        type: 'elevation.requested',
      });
    expect(first!.headers['webhook-id']).toBe(second!.headers['webhook-id']);
    expect(Number(second!.headers['webhook-timestamp']) - Number(first!.headers['webhook-timestamp'])).toBe(5);
  });

  it('takes nothing if it redirects, and what it redirects to gets nothing', async () => {
    const other = await receiver((_request, response) => response.writeHead(204).end());
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await receiver((_request, response) =>
        response.writeHead(status, { location: `${other}/stolen` }).end(),
      );
      expect(await post(url)).toBe(`it answered ${status}, a redirect, which is not followed`);
    }
    expect(received.map(({ path }) => path)).not.toContain('/stolen');
  });

  it('is not waited for, whether it says nothing, sends an endless head, or an endless body', async () => {
    const silent = await receiver(() => undefined);
    const endless = await receiver((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(timer));
    });
    expect(await post(silent, 300)).toBe('it did not answer within 0.3 s');
    const started = Date.now();
    expect(await post(endless)).toBe('taken');
    expect(Date.now() - started).toBeLessThan(15_000);
    const longHead = await receiver((_request, response) =>
      response.writeHead(200, { 'x-long': 'x'.repeat(10 ** 6) }).end(),
    );
    expect(await post(longHead)).toMatch(/^it cannot be reached \(UND_ERR_HEADERS_OVERFLOW\)$/);
  });

  it('is described by a code when it cannot be reached, and never by its address', async () => {
    const closed = await receiver(() => undefined);
    servers[0]!.close();
    expect(await post(`${closed}/planted-secret`)).toBe('it cannot be reached (ECONNREFUSED)');
    expect(await post('http://planted-secret.invalid/')).toMatch(/^it cannot be reached \((ENOTFOUND|EAI_AGAIN)\)$/);
  });

  it('says how long to wait', async () => {
    const url = await receiver((_request, response) => response.writeHead(429, { 'retry-after': '30' }).end());
    await expect(postJson(fetchOf(), url, { body: '{}', signal: never })).rejects.toMatchObject({
      message: 'it answered 429',
      retryAfterMs: 30_000,
    });
  });

  it('is reached over TLS only with a certificate of the authority that is configured', async () => {
    const tls = makeCertificate();
    const url = await listen(
      createTlsServer(
        tls,
        listener((_request, response) => response.writeHead(204).end()),
      ) as unknown as Server,
      'https',
    );
    expect(await post(url)).toMatch(/^it cannot be reached \((DEPTH_ZERO_)?SELF_SIGNED_CERT.*\)$/);
    expect(received).toEqual([]);
    await postJson(fetchOf({ ca: tls.cert }), url, { body: '{}', signal: never });
    expect(received).toHaveLength(1);
  });
});
