import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { readReply, type RawReply } from './raw-reply.ts';

/**
 * Where bytes go: TLS, or plain on this machine; `ca` holds the PEM texts that are believed, undefined for what Node.js
 * brings.
 */
export type RawTarget = { secure: boolean; host: string; port: number; ca: string[] | undefined };

/**
 * How long nothing may come before what has come counts as the answer, and how long any one exchange may take, in
 * milliseconds.
 */
const quietMs = 2500;
const longestMs = 15_000;
const mostBytes = 4 * 1024 * 1024;

function dial({ secure, host, port, ca }: RawTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }; // SNI carries names only (RFC 6066, 3)
    const socket: Socket = secure
      ? tlsConnect({ host, port, ...servername, ALPNProtocols: ['http/1.1'], ...(ca === undefined ? {} : { ca }) })
      : netConnect({ host, port });
    socket.setTimeout(longestMs, () => socket.destroy(new Error('no answer in time')));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Waits until an answer is whole, the connection ends, or nothing more comes. */
function receive(socket: Socket, bodiless: boolean): Promise<RawReply> {
  return new Promise((resolve) => {
    let text = '';
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners('data');
      resolve(readReply(text, closed, bodiless).reply);
    };
    let timer = setTimeout(() => done(false), quietMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      if (text.length > mostBytes || readReply(text, false, bodiless).whole) return done(false);
      timer = setTimeout(() => done(false), quietMs);
    });
    for (const event of ['end', 'close']) socket.once(event, () => done(true));
  });
}

/**
 * Sends bytes (one character a byte) on a connection of their own and reads the answer; each further text goes out on
 * the same connection after the answer to the one before it. Rejects only where no connection can be made.
 */
export async function exchangeRaw(target: RawTarget, texts: readonly string[]): Promise<RawReply[]> {
  const socket = await dial(target);
  const replies: RawReply[] = [];
  try {
    for (const text of texts) {
      if (socket.destroyed || socket.readableEnded) {
        replies.push({ status: 0, lines: [], body: '', closed: true });
        continue;
      }
      socket.write(Buffer.from(text, 'latin1'));
      replies.push(await receive(socket, text.startsWith('HEAD ')));
    }
  } finally {
    socket.destroy();
  }
  return replies;
}
