import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createCertificateAuthority } from '@sallyport/bed';
import { runDirectory } from './the-bed.ts';

/** A request as the upstream received it. */
export type RecordedRequest = {
  method: string;
  url: string;
  /** As received: name, value, name, value. Nothing is joined or lower-cased. */
  rawHeaders: string[];
  /** Returns every line of this name, in order. */
  header(name: string): string[];
  /** Grows until the request ends. */
  body(): Buffer;
  upgrade: boolean;
  connection: RecordedConnection;
};
/** A connection with every byte that the gateway sent on it, after TLS decryption. */
export type RecordedConnection = { bytes(): Buffer; requests: RecordedRequest[]; closed: boolean };

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeAnswer = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A fake API server that records what it receives and answers by script. */
export type RecordingUpstream = {
  url: string;
  caFile: string;
  caPem: string;
  /** The token in the gateway's `tokenFile`. */
  token: string;
  /** An entry of `clusters` in sallyport.yaml, without name and policy. */
  access: { server: string; caFile: string; token: string };
  connections: RecordedConnection[];
  requests: RecordedRequest[];
  /** Sets how requests are answered. By default with a Status of success when their body has ended. */
  answer(script: Answer | undefined): void;
  /** Sets how upgrades are answered. By default with 101 and an echo. */
  answerUpgrade(script: UpgradeAnswer | undefined): void;
  /** Clears the recording and the scripts. */
  reset(): void;
  stop(): Promise<void>;
};

/** Notes what the upstreams have received. The returned function returns what they received since, as latin1. */
export function watchReceived(upstreams: readonly Pick<RecordingUpstream, 'connections'>[]): () => string {
  const connections = () => upstreams.flatMap((upstream) => upstream.connections);
  const before = new Map(connections().map((connection) => [connection, connection.bytes().length]));
  return () =>
    connections()
      .map((connection) => connection.bytes().toString('latin1', before.get(connection) ?? 0))
      .join('');
}

const answerEmpty: Answer = (request, response) => {
  request
    .once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}');
    })
    .resume();
};

/** Accepts an upgrade to the requested protocol. */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex, headers: readonly string[] = []): void {
  const asked = request.headers['sec-websocket-protocol'];
  const key =
    request.headers['sec-websocket-key'] === undefined ? [] : ['Sec-WebSocket-Accept: irrelevant-to-a-tunnel'];
  socket.write(
    [
      `HTTP/1.1 101 Switching Protocols`,
      `Connection: Upgrade`,
      `Upgrade: ${request.headers.upgrade ?? ''}`,
      ...(asked === undefined ? [] : [`Sec-WebSocket-Protocol: ${asked.split(',')[0]!}`]),
      ...key,
      ...headers,
      '',
      '',
    ].join('\r\n'),
  );
}

/** Answers an upgrade with an ordinary response. */
export function refuseUpgrade(socket: Duplex, status: number, headers: Record<string, string> = {}, body = ''): void {
  const lines = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${status} Scripted\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

const echo: UpgradeAnswer = (request, socket, head) => {
  acceptUpgrade(request, socket);
  socket.write(head);
  socket.pipe(socket);
};

function linesOf(request: IncomingMessage, name: string): string[] {
  return request.rawHeaders.filter(
    (_value, index) => index % 2 === 1 && request.rawHeaders[index - 1]!.toLowerCase() === name.toLowerCase(),
  );
}

/**
 * Starts the upstream. A TLS server with its own authority records the bytes and passes them to an HTTP server over a
 * separate loopback connection, so that the recording changes nothing.
 */
export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const directory = mkdtempSync(path.join(runDirectory(), 'upstream-'));
  const authority = await createCertificateAuthority({ name: 'recording upstream' });
  const certificate = await authority.issue({
    commonName: 'recording upstream',
    ipAddresses: ['127.0.0.1'],
    dnsNames: ['localhost'],
    server: true,
  });
  const caFile = path.join(directory, 'ca.crt');
  writeFileSync(caFile, authority.caPem);
  const [connections, requests, sockets, byPort]: [
    RecordedConnection[],
    RecordedRequest[],
    Set<Socket>,
    Map<number, RecordedConnection>,
  ] = [[], [], new Set(), new Map()];
  let [answer, answerUpgrade] = [answerEmpty, echo];

  const record = (request: IncomingMessage, upgrade: boolean) => {
    const chunks: Buffer[] = [];
    if (!upgrade) request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const connection = byPort.get(request.socket.remotePort!)!;
    const recorded = {
      method: request.method!,
      url: request.url!,
      rawHeaders: request.rawHeaders,
      header: (name: string) => linesOf(request, name),
      body: () => Buffer.concat(chunks),
      upgrade,
      connection,
    };
    connection.requests.push(recorded);
    requests.push(recorded);
  };
  const inner = createServer({ maxHeaderSize: 1 << 20, insecureHTTPParser: false });
  inner.on('request', (request, response) => {
    record(request, false);
    answer(request, response);
  });
  inner.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => {});
    record(request, true);
    answerUpgrade(request, socket, head);
  });
  // An HTTP server does not close upgraded connections.
  inner.on('connection', (socket: Socket) => void sockets.add(socket));
  inner.listen(0, '127.0.0.1');
  await once(inner, 'listening');

  const outer = createTlsServer(
    { cert: certificate.certPem, key: certificate.keyPem, ALPNProtocols: ['http/1.1'], allowHalfOpen: true },
    (client) => {
      const chunks: Buffer[] = [];
      const connection: RecordedConnection = { bytes: () => Buffer.concat(chunks), requests: [], closed: false };
      connections.push(connection);
      const server = connect({ port: (inner.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
      for (const socket of [client, server]) {
        sockets.add(socket);
        socket.on('error', () => {});
      }
      client.on('data', (chunk: Buffer) => chunks.push(chunk));
      client.pause();
      client.on('close', () => {
        connection.closed = true;
        server.destroy();
      });
      server.on('close', () => client.destroy());
      server.once('connect', () => {
        byPort.set(server.localPort!, connection);
        client.pipe(server).pipe(client);
      });
    },
  );
  // A client that disconnects during the handshake leaves a connection that never becomes a TLS socket.
  outer.on('connection', (socket: Socket) => void sockets.add(socket));
  outer.listen(0, '127.0.0.1');
  await once(outer, 'listening');
  const url = `https://127.0.0.1:${(outer.address() as AddressInfo).port}`;
  const token = 'token-of-the-gateway-itself';

  return {
    url,
    caFile,
    caPem: authority.caPem,
    token,
    access: { server: url, caFile, token },
    connections,
    requests,
    answer(script) {
      answer = script ?? answerEmpty;
    },
    answerUpgrade(script) {
      answerUpgrade = script ?? echo;
    },
    reset() {
      connections.length = 0;
      requests.length = 0;
      [answer, answerUpgrade] = [answerEmpty, echo];
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      inner.closeAllConnections();
      await Promise.all(
        [inner, outer].map(
          (server) =>
            new Promise((resolve) => {
              server.close(resolve);
            }),
        ),
      );
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
