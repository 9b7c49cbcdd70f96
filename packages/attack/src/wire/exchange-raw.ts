import { connect as netConnect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { readReply, type RawReply } from './raw-reply.ts';

/**
 * The destination: TLS, or unencrypted on this machine. `ca` has the trusted authorities in PEM, and undefined means
 * those of Node.js. `openTunnel` opens a connection to it through a proxy, if one lies between.
 */
export type RawTarget = {
  secure: boolean;
  host: string;
  port: number;
  ca: string[] | undefined;
  openTunnel?: ((timeoutMs: number) => Promise<Socket>) | undefined;
};

/** After this silence, the bytes received so far count as the response. */
const quietMs = 2500;
const timeoutMs = 15_000;
const maxBytes = 4 * 1024 * 1024;

async function dial({ secure, host, port, ca, openTunnel }: RawTarget): Promise<Socket> {
  const tunnel = await openTunnel?.(timeoutMs);
  return new Promise((resolve, reject) => {
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }; // SNI carries names only (RFC 6066, 3)
    const tls = { ...servername, ALPNProtocols: ['http/1.1'], ...(ca === undefined ? {} : { ca }) };
    const socket: Socket = secure
      ? tlsConnect({ host, port, ...tls, ...(tunnel === undefined ? {} : { socket: tunnel }) })
      : netConnect({ host, port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no response in time')));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/**
 * Receives bytes (one character per byte) until they are whole, the connection ends, or nothing more arrives. The
 * silence that ends it may depend on what has arrived.
 */
export function receive(
  socket: Duplex,
  isWhole: (text: string) => boolean,
  silence: (text: string) => number,
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners('data');
      resolve({ text, closed });
    };
    let timer = setTimeout(() => done(false), silence(text));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      if (isWhole(text)) return done(false);
      timer = setTimeout(() => done(false), silence(text));
    });
    for (const event of ['end', 'close']) socket.once(event, () => done(true));
  });
}

async function receiveReply(socket: Socket, bodiless: boolean, silenceMs: number): Promise<RawReply> {
  const { text, closed } = await receive(
    socket,
    (soFar) => soFar.length > maxBytes || readReply(soFar, false, bodiless).whole,
    () => silenceMs,
  );
  return readReply(text, closed, bodiless).reply;
}

/**
 * Sends bytes (one character per byte) on a new connection and reads the response. Sends each further text on the same
 * connection, after the response to the one before. Rejects only if it cannot connect.
 */
export async function exchangeRaw(
  target: RawTarget,
  texts: readonly string[],
  silenceMs = quietMs,
): Promise<RawReply[]> {
  const socket = await dial(target);
  const replies: RawReply[] = [];
  try {
    for (const text of texts) {
      if (socket.destroyed || socket.readableEnded) {
        replies.push({ status: 0, lines: [], body: '', closed: true });
        continue;
      }
      socket.write(Buffer.from(text, 'latin1'));
      replies.push(await receiveReply(socket, text.startsWith('HEAD '), silenceMs));
    }
  } finally {
    socket.destroy();
  }
  return replies;
}
