import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createStreamObserver, type ObservedStream, type Status, type StreamObserver } from '@sallyport/kubernetes';

/** The bytes of one side, from the 101 on. */
export type RelayedTurn = { side: 'client' | 'server'; bytes: Buffer };

/** One upgraded connection. */
export type RelayedStream = { about: ObservedStream; observer: StreamObserver; turns: RelayedTurn[]; closed: boolean };

export type StreamRelay = {
  /** The URL, over plain HTTP. Its callers are the administrator of the cluster. */
  url: string;
  /** The streams in the order of their 101. */
  streams: RelayedStream[];
  /** Ends every further stream with this status as soon as `when` returns true for it. */
  endWith(status: Status, when: (stream: RelayedStream) => boolean): void;
  stop(): Promise<void>;
};

export type StreamRelayOptions = { server: string; caPem: string; certPem: string; keyPem: string };

type Cut = { status: Status; when: (stream: RelayedStream) => boolean };

const endOfHead = '\r\n\r\n';

function headerOf(head: string, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}

function aboutOf(request: string, response: string): ObservedStream {
  const kind = /^\S+ [^ ?]*\/(exec|attach|portforward)[? ]/.exec(request)![1] as ObservedStream['kind'];
  const protocol = headerOf(request, 'Upgrade').toLowerCase() === 'websocket' ? 'websocket' : 'spdy';
  return {
    kind,
    protocol,
    subprotocol: headerOf(response, protocol === 'websocket' ? 'Sec-WebSocket-Protocol' : 'X-Stream-Protocol-Version'),
  };
}

/**
 * Relays the bytes of a server until the stream can be ended, like a gateway: no byte after the boundary. Returns true
 * when it has ended.
 */
function passAndEnd(stream: RelayedStream, bytes: Buffer, cut: Cut, client: Socket): boolean {
  for (let at = 0; ;) {
    const ending = stream.observer.endWith(cut.status);
    if (ending === undefined || ending.ready) {
      if (ending !== undefined) client.write(ending.bytes);
      client.end();
      return true;
    }
    if (at === bytes.length) return false;
    const part = bytes.subarray(at, at + ending.remaining);
    stream.observer.fromServer(part);
    client.write(part);
    at += part.length;
  }
}

function relayStream(stream: RelayedStream, client: Socket, cluster: Socket, cutOf: () => Cut | undefined): void {
  let ended = false;
  const tryCut = (bytes: Buffer): boolean => {
    const cut = cutOf();
    if (cut === undefined || !cut.when(stream)) return false;
    ended = passAndEnd(stream, bytes, cut, client);
    if (ended) setTimeout(() => cluster.destroy(), 200);
    return true;
  };
  client.on('data', (bytes: Buffer) => {
    if (ended) return;
    stream.turns.push({ side: 'client', bytes });
    stream.observer.fromClient(bytes);
    cluster.write(bytes);
  });
  cluster.on('data', (bytes: Buffer) => {
    if (ended) return;
    stream.turns.push({ side: 'server', bytes });
    if (tryCut(bytes)) return;
    stream.observer.fromServer(bytes);
    client.write(bytes);
    tryCut(Buffer.alloc(0));
  });
  cluster.once('close', () => {
    stream.closed = true;
  });
}

/** A connection. The heads of both directions decide whether it is a recorded stream or only relayed. */
function relayConnection(
  client: Socket,
  cluster: Socket,
  began: (about: ObservedStream) => RelayedStream,
  cutOf: () => Cut | undefined,
): void {
  let [request, response] = ['', ''];
  const gather = (bytes: Buffer): void => {
    if (!request.includes(endOfHead)) request += bytes.toString('latin1');
    cluster.write(bytes);
  };
  client.on('data', gather);
  const answer = (bytes: Buffer): void => {
    response += bytes.toString('latin1');
    const end = response.indexOf(endOfHead);
    if (end === -1) return;
    cluster.off('data', answer);
    client.off('data', gather);
    if (!response.startsWith('HTTP/1.1 101 ')) {
      client.write(response, 'latin1');
      client.pipe(cluster);
      cluster.pipe(client);
      return;
    }
    client.write(response.slice(0, end + endOfHead.length), 'latin1');
    relayStream(began(aboutOf(request, response.slice(0, end))), client, cluster, cutOf);
    const early = Buffer.from(response.slice(end + endOfHead.length), 'latin1');
    if (early.length > 0) cluster.emit('data', early);
  };
  cluster.on('data', answer);
}

/** Starts a relay to an API server that observes and records every byte of the streams through it. */
export async function startStreamRelay({ server, caPem, certPem, keyPem }: StreamRelayOptions): Promise<StreamRelay> {
  const streams: RelayedStream[] = [];
  const sockets = new Set<Socket>();
  let cut: Cut | undefined;
  const { hostname, port } = new URL(server);
  const options = { host: hostname, port: Number(port), ca: caPem, cert: certPem, key: keyPem, allowHalfOpen: true };
  const began = (about: ObservedStream): RelayedStream => {
    const stream: RelayedStream = { about, observer: createStreamObserver(about), turns: [], closed: false };
    streams.push(stream);
    return stream;
  };
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const cluster = connectTls(options);
    for (const [from, to] of [
      [client, cluster],
      [cluster, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => from.destroy());
      from.once('end', () => to.end());
      from.once('close', () => {
        sockets.delete(from);
        to.end();
      });
    }
    relayConnection(client, cluster, began, () => cut);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    streams,
    endWith: (status, when) => {
      cut = { status, when };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
