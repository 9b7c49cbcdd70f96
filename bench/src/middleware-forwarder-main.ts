// A forwarder made of nothing but Node.js and http-proxy-middleware, which passes everything on as it comes.
import { Agent as HttpAgent, type RequestListener } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { once } from 'node:events';
import process from 'node:process';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { serveForwarder, type ForwarderRequest } from './serve-forwarder.ts';

const [{ cert, key, ca, upstream }] = (await once(process, 'message')) as [ForwarderRequest];
// As the gateway has them.
const options = { keepAlive: true, timeout: 4000, maxSockets: Infinity, maxFreeSockets: 256 };
const agent = upstream.startsWith('https:') ? new HttpsAgent({ ...options, ca }) : new HttpAgent(options);
const middleware = createProxyMiddleware({ target: upstream, agent, ejectPlugins: true });

const forward: RequestListener = (request, response) =>
  void middleware(request, response, () => void response.destroy());
await serveForwarder({ cert, key }, forward);
