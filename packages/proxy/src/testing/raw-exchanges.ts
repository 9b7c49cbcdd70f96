import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createRig, type Rig } from './gateway-rig.ts';

export type RawClient = { socket: Socket; text(): string; closed: boolean };
export type ClusterSide = { request: IncomingMessage; response: ServerResponse; over: boolean; whole: boolean };

/** Raw clients on one side of a gateway, and what its cluster sees on the other. */
export type RawExchanges = {
  rig: Rig;
  /** The cluster's side of each request, in order. */
  cluster: ClusterSide[];
  dial(): Socket;
  begin(method: string, target: string, lines?: readonly string[]): RawClient;
  close(): Promise<void>;
};

/** Starts a gateway whose cluster answers by `answer`, which has a minute to begin. */
export async function startRawExchanges(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  streams: object = {},
): Promise<RawExchanges> {
  const cluster: ClusterSide[] = [];
  const sockets: Socket[] = [];
  const rig = await createRig(
    (request, response) => {
      const one = { request, response, over: false, whole: false };
      cluster.push(one);
      request
        .on('error', () => {})
        .on('end', () => {
          one.whole = true;
        });
      request.socket.on('close', () => {
        one.over = true;
      });
      answer(request, response);
    },
    streams,
    { firstByte: '60s' },
  );
  const dial = () => {
    const socket = rig.dial();
    sockets.push(socket);
    return socket;
  };
  return {
    rig,
    cluster,
    dial,
    begin: (method, target, lines = []) => beginOn(dial(), method, target, lines),
    async close() {
      for (const socket of sockets) socket.destroy();
      await rig.close();
    },
  };
}

function beginOn(socket: Socket, method: string, target: string, lines: readonly string[]): RawClient {
  let text = '';
  const client = { socket, text: () => text, closed: false };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      client.closed = true;
    })
    .on('end', () => {
      client.closed = true;
    });
  socket.write(
    [`${method} ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', ''].join('\r\n'),
  );
  return client;
}

/** Creates a response that drips bytes and never ends. */
export const drip = (length?: number) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, {
    'content-type': 'text/plain',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
  });
  const timer = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(timer)).on('error', () => {});
};
