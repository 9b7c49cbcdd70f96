import { connect, createSecureContext, type TLSSocket } from 'node:tls';

/** Many watches of one caller, each on its own connection. */
export type OpenWatches = {
  /** When each of them ended (milliseconds since the epoch), and its last message. */
  ended: Map<TLSSocket, { at: number; said: string }>;
  sockets: readonly TLSSocket[];
  close(): void;
};

/** Opens a watch. It is open when its first event arrives. */
function openWatch(socket: TLSSocket, head: string, ended: OpenWatches['ended']): Promise<void> {
  let said = '';
  const end = () => {
    if (!ended.has(socket)) ended.set(socket, { at: Date.now(), said });
  };
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString('latin1')).slice(-2000);
      if (said.startsWith('HTTP/') && !said.startsWith('HTTP/1.1 200'))
        reject(new Error(`a watch was answered ${said}`));
      if (said.includes('"ADDED"')) resolve();
      if (said.endsWith('\r\n0\r\n\r\n')) end(); // the last chunk, after which the connection may stay open
    });
    socket.on('error', reject);
    socket.once('close', () => {
      end();
      reject(new Error(`a watch ended at once: ${said}`));
    });
    socket.write(head);
  });
}

/** Opens `count` watches at `url`, a few at a time, and returns when all are open. */
export async function openWatches(
  url: string,
  options: { ca: string; token: string; count: number },
): Promise<OpenWatches> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const secureContext = createSecureContext({ ca: options.ca });
  const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nUser-Agent: kubectl/v1.36.3\r\nAuthorization: Bearer ${options.token}\r\n\r\n`;
  const ended: OpenWatches['ended'] = new Map();
  const sockets: TLSSocket[] = [];
  let left = options.count;
  const some = async () => {
    while (left > 0) {
      left -= 1;
      const socket = connect({ host: hostname, port: Number(port), secureContext });
      sockets.push(socket);
      await openWatch(socket, head, ended);
    }
  };
  const close = () => {
    left = 0;
    for (const socket of sockets) socket.destroy();
  };
  try {
    await Promise.all(Array.from({ length: 16 }, some));
  } catch (error) {
    close();
    throw error;
  }
  return { ended, sockets, close };
}
