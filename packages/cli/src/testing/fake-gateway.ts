import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { answerApi } from './fake-api.ts';
import type { Answer, Call, FakeGateway } from './fake-gateway-types.ts';
import { answerLogin } from './fake-login.ts';
import { serve } from './serve.ts';

export type { FakeGateway } from './fake-gateway-types.ts';

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export async function startFakeGateway(tls?: { key: string; cert: string }): Promise<FakeGateway> {
  const gateway: FakeGateway = {
    origin: '',
    codes: new Map(),
    sessions: new Map(),
    calls: [],
    raw: [],
    sessionLife: { lifetimeMs: 43_200_000, idleMs: 7_200_000 },
    override: () => undefined,
    audit: { events: [] },
    streams: [],
    device: { answers: [], asked: [] },
    revokeAll: () => gateway.sessions.clear(),
    close: () => Promise.resolve(),
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    readBody(request).then(
      (body) => {
        const url = new URL(request.url ?? '/', gateway.origin);
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const call: Call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, token, body };
        gateway.calls.push(`${call.method} ${call.path}`);
        gateway.raw.push(JSON.stringify({ url: request.url, body }));
        const answer = gateway.override(call) ?? answerCall(gateway, call, request.headers.accept ?? '');
        const text =
          answer.body === undefined
            ? ''
            : typeof answer.body === 'string' || Buffer.isBuffer(answer.body)
              ? answer.body
              : JSON.stringify(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text);
      },
      () => response.destroy(),
    );
  };
  const { port, close } = await serve(tls === undefined ? createServer(handle) : createTlsServer(tls, handle));
  Object.assign(gateway, { origin: `${tls === undefined ? 'http' : 'https'}://localhost:${port}`, close });
  return gateway;
}

function answerCall(gateway: FakeGateway, call: Call, accept: string): Answer {
  const answer = answerLogin(gateway, call, accept);
  if (answer) return answer;
  const session = gateway.sessions.get(call.token ?? '');
  return session === undefined
    ? {
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="sallyport"' },
        body: { type: 'about:blank', title: 'Log in first', status: 401, code: 'unauthenticated' },
      }
    : answerApi(gateway, call, session);
}
