import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { listenHttp, ProblemError, sendProblem } from '@sallyport/kit';
import { openEcho } from './open-echo.ts';
import { sendClock } from './send-clock.ts';
import { takeUpload } from './take-upload.ts';
import { createVisitorCheck, type Gateway, type Visitor, type VisitorCheck } from './visitor-check.ts';
import { sendVisitorPage } from './visitor-page.ts';

/** A running web application. It accepts no one until it knows its gateway. */
export type WebApp = {
  /** The address at which a gateway reaches it. */
  address: string;
  /** Accepts the people whom this gateway names, and no one else. */
  trust(gateway: Gateway): void;
  close(): Promise<void>;
};

type Answer = (request: IncomingMessage, response: ServerResponse, visitor: Visitor) => void;

function answerOf(method: string, path: string): Answer {
  const reads = method === 'GET' || method === 'HEAD';
  if (path === '/' && reads) return sendVisitorPage;
  if (path === '/whoami' && reads) return (_request, response, visitor) => sendJson(response, visitor);
  if (path === '/clock' && method === 'GET') return sendClock;
  if (path === '/upload' && method === 'POST')
    return (request, response) => takeUpload(request, (received) => sendJson(response, received));
  throw new ProblemError('not-found', 'This application has no such page.');
}

function sendJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

const pathOf = ({ url = '' }: IncomingMessage) => url.split('?', 1)[0]!;

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function connect(server: Server, visitorOf: (request: IncomingMessage) => Promise<Visitor>): void {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const visitor = await visitorOf(request);
      answerOf(request.method ?? '', pathOf(request))(request, response, visitor);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendProblem(response, error);
    }
  };
  server.on('request', (request, response) => void answer(request, response));
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      await visitorOf(request);
    } catch {
      return refuseUpgrade(socket, '401 Unauthorized');
    }
    if (pathOf(request) !== '/echo' || !openEcho(request, socket, head)) refuseUpgrade(socket, '400 Bad Request');
  };
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
}

/**
 * Starts a small web application for demos and tests: it shows whom the gateway says that its visitor is, and has a clock
 * (server-sent events), an echo (WebSocket) and an upload. It serves nothing without an assertion of its gateway, because
 * every program on this machine can reach its port.
 */
export async function startWebApp(): Promise<WebApp> {
  let check: VisitorCheck | undefined;
  const server = createServer();
  const sockets = new Set<Duplex>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  connect(server, (request) => {
    if (!check) throw new ProblemError('unauthenticated', 'This application does not know its gateway yet.');
    return check.visitorOf(request);
  });
  const { port, close } = await listenHttp(server, { host: '127.0.0.1', port: 0 }, 'the port of the web application');
  return {
    address: `http://127.0.0.1:${port}`,
    trust(gateway) {
      void check?.close();
      check = createVisitorCheck(gateway);
    },
    async close() {
      // WebSockets are no connections of HTTP any more, and would keep the server open.
      for (const socket of sockets) socket.destroy();
      await close(0);
      await check?.close();
    },
  };
}
