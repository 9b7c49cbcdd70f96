import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { connect, createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { createHttp1Client, type Http1Client, type Http1Request } from '../client/http1-client.ts';
import type { Http1Flow } from '../client/http1-handler.ts';

/** What is closed after each test. */
export const toClose: (() => void)[] = [];
afterEach(() => {
  for (const close of toClose.splice(0)) close();
});

/** Listens on a free port of the loopback interface. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

export function clientOf(port: number, settings: { idleMs?: number; connectTimeoutMs?: number } = {}) {
  let connections = 0;
  const client = createHttp1Client({
    host: 'cluster.example',
    readyEvent: 'connect',
    connectTimeoutMs: 1000,
    ...settings,
    connect(onread) {
      connections += 1;
      return connect({ host: '127.0.0.1', port, onread });
    },
  });
  toClose.push(() => client.close());
  return { client, connections: () => connections };
}

/** Starts a server, and returns a client for it. */
export const serve = async (listener: RequestListener) => clientOf(await listen(createHttpServer(listener)));
/** Starts a server that writes raw bytes, and returns a client for it. */
export const serveRaw = async (answer: (socket: Socket, seen: number, text: string) => void) => {
  let seen = 0;
  return clientOf(
    await listen(
      createNetServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (chunk: Buffer) => answer(socket, (seen += 1), chunk.toString('latin1')));
      }),
    ),
  );
};

export type Outcome = {
  status: number;
  lines: string[];
  body: string;
  trailers: readonly string[];
  error: Error | undefined;
  unanswered: boolean;
};

/** Sends one request and resolves with its outcome. */
export function fetchWith(
  client: Http1Client,
  request: Partial<Http1Request> = {},
  onStart: (flow: Http1Flow) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const got: Outcome = { status: 0, lines: [], body: '', trailers: [], error: undefined, unanswered: false };
    client.dispatch(
      { method: 'GET', path: '/', headers: [], ...request },
      {
        onStart,
        onHead: (status, lines) => void Object.assign(got, { status, lines }),
        onData(chunk) {
          got.body += chunk.toString('latin1');
        },
        onEnd: (trailers) => resolve({ ...got, trailers }),
        onError: (error, unanswered) => resolve({ ...got, error, unanswered }),
      },
    );
  });
}

export const okay = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
