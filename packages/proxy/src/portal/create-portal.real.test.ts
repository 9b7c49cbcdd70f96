import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type WebRoute, createWebRoutes } from '../exchange/web-route.ts';
import { createGatewayServer } from '../listener/create-gateway-server.ts';
import { choosePages } from './create-portal.ts';

let server: Server;
afterEach(() => void server.close());

const route = (origin: string) => ({ origin, host: new URL(origin).hostname }) as WebRoute;

/** Starts the server, and returns what tells who answers one request. */
async function start(hasKeys = true) {
  const answer = (by: string) => (_request: unknown, response: ServerResponse) => response.end(by);
  const portal = choosePages({
    routes: createWebRoutes([route('http://localhost:8080'), route('https://app.example.com')]),
    hasKeys,
    onOwnHost: answer('pages'),
    onHostOfRoute: answer('route host'),
  });
  server = createGatewayServer({
    tls: undefined,
    isOwn: portal.isOwn,
    answerOwn: portal.answer,
    begin: (request, response, { upgrade }) => ({ request, response, upgrade }) as never,
    take: async ({ response, upgrade }) => void response.end(upgrade ? 'road, upgrade' : 'road'),
    recorder: { began: () => {}, closed: () => {} },
    recordUnparsable: () => {},
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return async (host: string, path: string, ...lines: string[]) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...lines, '', ''].join('\r\n'));
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return [Number(text.slice(9, 12)), text.split('\r\n\r\n', 2)[1]];
  };
}

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];

describe('the listener of the login pages', () => {
  it('gives the host of an application in plain http to its road, but for what is reserved there', async () => {
    const ask = await start();
    expect(await ask('localhost:8080', '/')).toEqual([200, 'road']);
    expect(await ask('LOCALHOST', '/clusters/dev/api')).toEqual([200, 'road']);
    expect(await ask('localhost', '/.sallyport/callback')).toEqual([200, 'route host']);
    expect(await ask('localhost', '/.well-known/sallyport/jwks.json')).toEqual([200, 'route host']);
    expect(await ask('localhost', '/ws', ...upgrade)).toEqual([200, 'road, upgrade']);
  });

  it('has the pages at every other host, also at that of an application with TLS', async () => {
    const ask = await start();
    for (const host of ['127.0.0.1:8080', 'app.example.com', 'x.localhost', ''])
      for (const path of ['/', '/.sallyport/login', '/clusters/dev/api'])
        expect([host, path, await ask(host, path)]).toEqual([host, path, [200, 'pages']]);
    expect((await ask('127.0.0.1', '/ws', ...upgrade))[0]).toBe(400);
  });

  it('leaves the address of the keys to the application if there are none', async () => {
    const ask = await start(false);
    expect(await ask('localhost', '/.well-known/sallyport/jwks.json')).toEqual([200, 'road']);
  });
});
