// A forwarder made of nothing but Node.js and http-proxy-middleware, which passes everything on as it comes.
import { Agent as HttpAgent, createServer as createPlainServer, type RequestListener } from 'node:http';
import { Agent as HttpsAgent, createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import process from 'node:process';
import { createProxyMiddleware } from 'http-proxy-middleware';

type Request = { cert?: string; key?: string; ca: string; upstream: string };

const [{ cert, key, ca, upstream }] = (await once(process, 'message')) as [Request];
// As the gateway has them.
const options = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 };
const agent = upstream.startsWith('https:') ? new HttpsAgent({ ...options, ca }) : new HttpAgent(options);
const middleware = createProxyMiddleware({ target: upstream, agent, ejectPlugins: true });

const forward: RequestListener = (request, response) =>
  void middleware(request, response, () => void response.destroy());
const server =
  cert === undefined || key === undefined
    ? createPlainServer(forward)
    : createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, forward);
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', 4096);
await once(server, 'listening');
process.send?.({ port: (server.address() as AddressInfo).port });
