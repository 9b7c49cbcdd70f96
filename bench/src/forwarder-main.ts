// A forwarder made of nothing but Node.js and undici. It shows the cost of the runtime itself.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureContext } from 'node:tls';
import { once } from 'node:events';
import process from 'node:process';
import { Pool } from 'undici';
import { serveForwarder, type ForwarderRequest } from './serve-forwarder.ts';

const [{ cert, key, ca, upstream }] = (await once(process, 'message')) as [ForwarderRequest];
const pool = new Pool(upstream, {
  connections: null,
  pipelining: 1,
  bodyTimeout: 0,
  headersTimeout: 0,
  connect: upstream.startsWith('https:')
    ? { secureContext: createSecureContext({ ca }), ALPNProtocols: ['http/1.1'] }
    : {},
});

function forward(request: IncomingMessage, response: ServerResponse): void {
  pool.dispatch(
    { path: request.url!, method: 'GET', headers: ['accept', request.headers.accept ?? '*/*'] },
    {
      onRequestStart(controller) {
        response.on('close', () => {
          if (!response.writableFinished) controller.abort(new Error('the client went away'));
        });
      },
      onResponseStart(controller, status, headers) {
        response.writeHead(status, headers as Record<string, string>);
        if (headers['content-length'] === undefined) response.flushHeaders();
        response.on('drain', () => controller.resume());
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
}

await serveForwarder({ cert, key }, forward);
