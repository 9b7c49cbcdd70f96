// The server behind every contender. It answers like an API server, with as little CPU time as Node.js allows. A complete
// HTTP server would cost as much as what is measured. Clients send requests one after another, and say in the address how
// long a body is.
import { createHash } from 'node:crypto';
import { createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import process from 'node:process';

const headers = [
  'Audit-Id: 6f4be0dd-6f0e-4a3a-8b7b-0c7c9d0e8a11',
  'Cache-Control: no-cache, private',
  'Content-Type: application/json',
  'Date: Tue, 24 Nov 2026 12:00:00 GMT',
  'X-Kubernetes-Pf-Flowschema-Uid: 4b0d7d5e-0f1c-4a6e-9c9a-d1f6b8a0c2e3',
  'X-Kubernetes-Pf-Prioritylevel-Uid: 0f0b2a9b-9d7a-4d1c-8f39-0a1d2c3b4e5f',
];
const head = (...more: string[]) => ['HTTP/1.1 200 OK', ...headers, ...more, '', ''].join('\r\n');

const listStart =
  '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"4711"},"items":[{"metadata":{"name":"';
const list = `${listStart}${'p'.repeat(2048 - listStart.length - 5)}"}}]}`;
const pods = Buffer.from(`${head(`Content-Length: ${list.length}`)}${list}`);
const event =
  '{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"4712","creationTimestamp":null}}}\n';
const watch = Buffer.from(`${head('Transfer-Encoding: chunked')}${event.length.toString(16)}\r\n${event}\r\n`);
const line = Buffer.from(
  `${'2026-11-24T12:00:00.000000000Z a line of a log that nobody reads to its end'.padEnd(127)}\n`.repeat(512),
);
const chunk = Buffer.concat([Buffer.from(`${line.length.toString(16)}\r\n`), line, Buffer.from('\r\n')]);

const switched = [
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  'Sec-WebSocket-Accept: ',
].join('\r\n');
/** What HAProxy expects for the key of a request (RFC 6455, 4.2.2). */
const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
/** Frames of 32 KiB for stdout, as API servers send them. */
const frame = Buffer.concat([Buffer.from([0x82, 126, 0x80, 0, 1]), line.subarray(0, 32_767)]);
const frames = Buffer.concat([frame, frame]);

/** Sends the same again until it is this much. */
function send(socket: Socket, bytes: number, { piece, end }: { piece: Buffer; end(): void }): void {
  let left = Math.ceil(bytes / line.length);
  const more = () => {
    while (left > 0) {
      left -= 1;
      if (!socket.write(piece)) return void socket.once('drain', more);
    }
    end();
  };
  more();
}

function sendLog(socket: Socket, bytes: number): void {
  socket.write(head('Transfer-Encoding: chunked'));
  send(socket, bytes, { piece: chunk, end: () => socket.write('0\r\n\r\n') });
}

function sendOutput(socket: Socket, bytes: number, key: string): void {
  socket.write(`${switched}${acceptOf(key)}\r\n\r\n`);
  send(socket, bytes, { piece: frames, end: () => socket.end() });
}

/** Sends an event with its time again and again. */
function sendEvents(socket: Socket, everyMs: number): void {
  socket.write(watch);
  const timer = setInterval(() => {
    const text = `${event.trimEnd().slice(0, -1)},"at":${Date.now()}}\n`;
    socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}

function serve(socket: Socket): void {
  let text = '';
  let bodyLeft = 0;
  /** Answers after the last byte of a body. Returns how many of so many bytes belong to it. */
  const skipBody = (length: number) => {
    const skipped = Math.min(bodyLeft, length);
    bodyLeft -= skipped;
    if (skipped > 0 && bodyLeft === 0) socket.write(pods);
    return skipped;
  };
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1', skipBody(bytes.length));
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const key = /^sec-websocket-key: *(\S+)/im.exec(text)?.[1] ?? '';
      const target = text.slice(0, text.indexOf('\r\n'));
      text = text.slice(end + 4);
      const log = /\/log\?\S*bytes=(\d+)/.exec(target);
      const upload = /\/upload\?\S*bytes=(\d+)/.exec(target);
      const events = /watch=true\S*&every=(\d+)/.exec(target);
      const exec = /\/exec\?\S*bytes=(\d+)/.exec(target);
      if (log) sendLog(socket, Number(log[1]));
      else if (exec) sendOutput(socket, Number(exec[1]), key);
      else if (events) sendEvents(socket, Number(events[1]));
      else if (upload) {
        // The rest of what has arrived belongs to the body.
        bodyLeft = Number(upload[1]);
        text = text.slice(skipBody(text.length));
      } else socket.write(target.includes('watch=true') ? watch : pods);
    }
  });
}

const [{ cert, key, host }] = (await once(process, 'message')) as [{ cert: string; key: string; host: string }];
const secure = createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, serve);
const plain = createPlainServer(serve);
for (const server of [secure, plain]) {
  server.listen(0, host, 4096);
  await once(server, 'listening');
}
process.send?.({
  securePort: (secure.address() as AddressInfo).port,
  plainPort: (plain.address() as AddressInfo).port,
  list,
});
