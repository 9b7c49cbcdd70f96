import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CarrierError } from '../shared/carrier-error.ts';
import { startCarrierBed, type CarrierBed } from '../testing/index.ts';

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

async function start(): Promise<CarrierBed> {
  const bed = await startCarrierBed();
  toClose.push(() => bed.close());
  return bed;
}

async function listen(server: Server): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toClose.push(() => server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`);
}

const failureOf = (opening: Promise<unknown>) =>
  opening.then(
    () => undefined,
    (error: unknown) => error as CarrierError,
  );

describe('an attempt to open a carrier', () => {
  it('says that nothing listens', async () => {
    const { open } = await start();
    expect(await failureOf(open({ url: new URL('http://127.0.0.1:1') }))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('says that the certificate of the gateway is not trusted, or that it speaks no TLS', async () => {
    const { open, url } = await start();
    expect(await failureOf(open({ url: new URL(url.href.replace('http:', 'https:')) }))).toMatchObject({
      code: 'unreachable',
    });
  });

  it('says with which status something else answered, at the path behind that of the gateway', async () => {
    const { open } = await start();
    let asked = '';
    const url = await listen(
      createHttpServer((request, response) => {
        asked = request.url!;
        response.writeHead(404).end();
      }).on('upgrade', (request, socket) => {
        asked = request.url!;
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      }),
    );
    expect(await failureOf(open({ url }))).toMatchObject({ code: 'upgrade-refused', status: 404 });
    expect(asked).toBe('/gateway/.sallyport/connector');
  });

  it('refuses a WebSocket that does not answer for this request', async () => {
    const { open } = await start();
    const url = await listen(
      createServer((socket) =>
        socket.once('data', () =>
          socket.write(
            'HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
          ),
        ),
      ),
    );
    expect(await failureOf(open({ url }))).toMatchObject({ code: 'upgrade-refused', status: 101 });
  });

  it('ends when it takes too long', async () => {
    const { open } = await start();
    const url = await listen(createServer((socket) => socket.on('error', () => {}).resume()));
    expect(await failureOf(open({ url, limits: { handshakeMs: 100 } }))).toMatchObject({ code: 'timeout' });
  });
});
