import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerApi } from './fake-api.ts';
import type { Answer, AuthorizationCodes, Call, FakeGateway } from './fake-gateway-types.ts';
import { answerLogin } from './fake-login.ts';

export type { FakeGateway } from './fake-gateway-types.ts';

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export async function startFakeGateway(tls?: { key: string; cert: string }): Promise<FakeGateway> {
  const codes: AuthorizationCodes = new Map();
  const gateway: FakeGateway = {
    origin: '',
    sessions: new Map(),
    calls: [],
    raw: [],
    sessionLife: { lifetimeMs: 43_200_000, idleMs: 7_200_000 },
    override: () => undefined,
    audit: { events: [] },
    streams: [],
    device: { answers: [], asked: [] },
    revokeAll: () => gateway.sessions.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    readBody(request).then(
      (body) => {
        const url = new URL(request.url ?? '/', gateway.origin);
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const call: Call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, token, body };
        gateway.calls.push(`${call.method} ${call.path}`);
        gateway.raw.push(JSON.stringify({ url: request.url, body }));
        const answer = gateway.override(call) ?? answerCall(gateway, codes, call, request.headers.accept ?? '');
        const text =
          answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text);
      },
      () => response.destroy(),
    );
  };
  const server: Server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  gateway.origin = `${tls === undefined ? 'http' : 'https'}://localhost:${(server.address() as AddressInfo).port}`;
  return gateway;
}

function answerCall(gateway: FakeGateway, codes: AuthorizationCodes, call: Call, accept: string): Answer {
  const answer = answerLogin(gateway, codes, call, accept);
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
