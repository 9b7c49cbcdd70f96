// Opens many idle watches. Reports how many could not be opened, and why. The connections last until this process ends.
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { once } from 'node:events';
import process from 'node:process';
import type { Client } from './machine/node-load.ts';

type Request = {
  url: string;
  ca: string;
  headers: Record<string, string>;
  count: number;
  client?: Client;
};

const [{ url, ca, headers, count, client }] = (await once(process, 'message')) as [Request];
const { protocol, hostname, port, host, origin, pathname, search } = new URL(url);
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

const sessions: ClientHttp2Session[] = [];
let opened = 0;

function watchOverHttp2(streams: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const at = Math.floor(opened / streams);
    opened += 1;
    const session = (sessions[at] ??= connectHttp2(origin, { ca }).once('error', reject));
    session
      .request({ ':path': pathname + search, accept: 'application/json', 'user-agent': 'kubectl/v1.36.3', ...headers })
      .once('response', ({ ':status': status }) => {
        if (status !== 200) reject(new Error(`answered ${status}`));
      })
      .on('data', (bytes: Buffer) => {
        if (bytes.includes('BOOKMARK')) resolve();
      })
      .once('error', reject)
      .once('close', () => reject(new Error('closed')));
  });
}

let left = count;
let failed = 0;
let reason: string | undefined;
async function some(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await (client?.http2 ? watchOverHttp2(client.streams) : watch()).catch((error: Error) => {
      failed += 1;
      reason ??= error.message;
    });
  }
}
await Promise.all(Array.from({ length: 32 }, some));
process.send?.({ failed, reason });
setInterval(() => undefined, 60_000);
