// Opens many idle watches. Reports how many response heads have arrived. The connections last until this process ends.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { once } from 'node:events';
import process from 'node:process';

type Request = { url: string; ca: string; headers: Record<string, string>; count: number };

const [{ url, ca, headers, count }] = (await once(process, 'message')) as [Request];
const { protocol, hostname, port, host, pathname, search } = new URL(url);
const secureContext = createSecureContext({ ca });
const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nUser-Agent: kubectl/v1.36.3\r\n${Object.entries(
  headers,
)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')}\r\n`;
const sockets: Socket[] = [];

function watch(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket =
      protocol === 'https:'
        ? connectTls({ host: hostname, port: Number(port), secureContext })
        : connectPlain({ host: hostname, port: Number(port) });
    sockets.push(socket);
    socket.once('error', reject);
    socket.write(head);
    // The watch is established only when its first event has arrived completely.
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('HTTP/') && !text.startsWith('HTTP/1.1 200'))
        reject(new Error(`answered ${text.split('\r\n')[0]}`));
      if (text.includes('BOOKMARK')) resolve();
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}

let left = count;
let failed = 0;
async function some(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await watch().catch((error: Error) => {
      failed += 1;
      if (failed < 4) console.error(error.message);
    });
  }
}
await Promise.all(Array.from({ length: 32 }, some));
process.send?.({ open: count - failed, failed });
setInterval(() => undefined, 60_000);
