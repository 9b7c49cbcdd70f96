import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';

/** Many watches of one caller, each on its own connection unless they share those of HTTP/2. */
export type OpenWatches = {
  /** When each of them ended (milliseconds since the epoch), and its last message. */
  ended: Map<Duplex, { at: number; said: string }>;
  close(): void;
};

/** Follows a watch. It is open when its first event arrives. */
function follow(watch: Duplex, ended: OpenWatches['ended']): Promise<void> {
  let said = '';
  const end = () => {
    if (!ended.has(watch)) ended.set(watch, { at: Date.now(), said });
  };
  return new Promise((resolve, reject) => {
    watch.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString('latin1')).slice(-2000);
      if (said.startsWith('HTTP/') && !said.startsWith('HTTP/1.1 200'))
        reject(new Error(`a watch was answered ${said}`));
      if (said.includes('"ADDED"')) resolve();
      if (said.endsWith('\r\n0\r\n\r\n')) end(); // the last chunk, after which the connection may stay open
    });
    watch.on('error', reject);
    watch.once('close', () => {
      end();
      reject(new Error(`a watch ended at once: ${said}`));
    });
  });
}

/** Opens watches. `close` ends all of them at once. */
type Carrier = { open(): Duplex; close(): void };

/** Opens each watch on a connection of its own. */
function overHttp1({ hostname, port, host, pathname, search }: URL, ca: string, token: string): Carrier {
  const secureContext = createSecureContext({ ca });
  const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nUser-Agent: kubectl/v1.36.3\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const sockets: TLSSocket[] = [];
  return {
    open() {
      const socket = connect({ host: hostname, port: Number(port), secureContext });
      sockets.push(socket);
      socket.write(head);
      return socket;
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** Opens so many watches on each connection of HTTP/2. */
function overHttp2({ origin, pathname, search }: URL, ca: string, token: string, perConnection: number): Carrier {
  const sessions: ClientHttp2Session[] = [];
  let opened = 0;
  return {
    open() {
      if (opened % perConnection === 0) sessions.push(connectHttp2(origin, { ca }).on('error', () => {}));
      opened += 1;
      return sessions.at(-1)!.request({
        ':path': pathname + search,
        accept: 'application/json',
        'user-agent': 'kubectl/v1.36.3',
        authorization: `Bearer ${token}`,
      });
    },
    close: () => sessions.forEach((session) => session.destroy()),
  };
}

/**
 * Opens `count` watches at `url`, a few at a time, and returns when all are open. They use HTTP/1.1, or HTTP/2 if more
 * than one shares a connection.
 */
export async function openWatches(
  url: string,
  { ca, token, count, perConnection = 1 }: { ca: string; token: string; count: number; perConnection?: number },
): Promise<OpenWatches> {
  const at = new URL(url);
  const carrier = perConnection === 1 ? overHttp1(at, ca, token) : overHttp2(at, ca, token, perConnection);
  const ended: OpenWatches['ended'] = new Map();
  let left = count;
  const some = async () => {
    while (left > 0) {
      left -= 1;
      await follow(carrier.open(), ended);
    }
  };
  const close = () => {
    left = 0;
    carrier.close();
  };
  try {
    await Promise.all(Array.from({ length: 16 }, some));
  } catch (error) {
    close();
    throw error;
  }
  return { ended, close };
}
