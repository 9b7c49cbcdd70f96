import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttp1Client } from '@sallyport/http1';
import { certificateFor } from '../shared/certificate.ts';
import { startCarrierBed, type CarrierBed } from '../testing/index.ts';
import type { Carrier } from './carrier.ts';
import { plainOver, secureOver } from './socket-over.ts';

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

async function connected(options?: Parameters<typeof startCarrierBed>[0]): Promise<CarrierBed & { carrier: Carrier }> {
  const bed = await startCarrierBed(options);
  toClose.push(() => bed.close());
  await bed.open();
  return { ...bed, carrier: bed.carriers.find('factory')! };
}

/** Starts a server in the private network. `cut` resets the connection below TLS. */
async function serve(onSocket: (socket: Duplex, cut: () => void) => void, tls?: { cert: string; key: string }) {
  const raw = new Set<Socket>();
  const secure = createTlsServer({ ...tls, allowHalfOpen: true } as object);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    raw.add(socket);
    socket.on('error', () => {});
    const ready = (inner: Duplex) =>
      onSocket(
        inner.on('error', () => {}),
        () => socket.resetAndDestroy(),
      );
    if (!tls) return ready(socket);
    secure.once('secureConnection', ready);
    secure.emit('connection', socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  toClose.push(() => {
    for (const socket of raw) socket.destroy();
    server.close();
  });
  return { host: 'app.plant.svc', port: (server.address() as AddressInfo).port };
}

/** Reads to the end. Rejects with the error of a stream that has none. */
async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const errorOf = (stream: Duplex) =>
  new Promise<Error & { code: string }>((resolve) => {
    stream.on('error', resolve as (error: Error) => void);
    stream.resume();
  });

describe('a dial', () => {
  it('carries bytes in both directions, in chunks of any size, and half-close', async () => {
    const { carrier } = await connected();
    const target = await serve((socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Answers only after the end of the request, so it depends on half-close.
      socket.on('end', () => socket.end(Buffer.concat(chunks)));
    });
    const sent = randomBytes(3_000_000);
    const dial = carrier.dial(target);
    for (let at = 0; at < sent.length;) {
      const size = 1 + Math.floor(Math.random() ** 4 * 200_000);
      dial.write(sent.subarray(at, at + size));
      at += size;
    }
    dial.end();
    expect((await readAll(dial)).equals(sent)).toBe(true);
    expect(carrier.streams()).toBe(0);
  });

  it('goes on while other readers have stalled', async () => {
    const { carrier } = await connected();
    const endless = await serve((socket) => {
      const send = () => {
        while (socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', send);
      send();
    });
    const large = await serve((socket) => socket.end(Buffer.alloc(8_000_000, 1)));
    const stalled = [carrier.dial(endless), carrier.dial(endless)];
    for (const dial of stalled) {
      dial.on('error', () => {});
      await once(dial, 'readable');
    }
    expect(await readAll(carrier.dial(large).end())).toHaveLength(8_000_000);
    for (const dial of stalled) expect(dial.destroy().errored).toBeNull();
  });

  it('says why the connector did not connect', async () => {
    const { carrier } = await connected();
    const error = await errorOf(carrier.dial({ host: 'app', port: 1 }));
    expect(error).toMatchObject({ code: 'dial-failed', message: expect.stringContaining('ECONNREFUSED') });
    expect(carrier.streams()).toBe(0);
  });

  it('fails if the connector does not answer in time', async () => {
    const bed = await startCarrierBed();
    toClose.push(() => bed.close());
    let aborted: AbortSignal | undefined;
    await bed.open({
      dial: (_target, signal) => {
        aborted = signal;
        return new Promise(() => {});
      },
    });
    const error = await errorOf(bed.carriers.find('factory')!.dial({ host: 'app', port: 80 }, 50));
    expect(error.code).toBe('timeout');
    await new Promise<void>((resolve) => aborted!.addEventListener('abort', () => resolve()));
  });

  it.each([
    ['the address resets it', 'before', 'reset'],
    ['the address resets it', 'after', 'reset'],
    ['the carrier is lost', 'before', 'carrier-lost'],
    ['the carrier is lost', 'after', 'carrier-lost'],
  ])('never looks complete when %s, %s the end of what was sent', async (what, when, code) => {
    const { carrier, carriers } = await connected();
    const target = await serve((socket, cut) => {
      socket.write('half of the body');
      socket.on('data', () => (what === 'the carrier is lost' ? carriers.close() : cut()));
    });
    const dial = carrier.dial(target);
    await once(dial, 'readable');
    let ended = false;
    dial.on('end', () => {
      ended = true;
    });
    if (when === 'after') dial.end('now');
    else dial.write('now');
    expect((await errorOf(dial)).code).toBe(code);
    expect(ended).toBe(false);
  });

  it('that is given up is reset at the address, never ended', async () => {
    const { carrier } = await connected();
    let outcome: Promise<string> | undefined;
    const target = await serve((socket) => {
      socket.write('x');
      socket.resume();
      outcome = new Promise((resolve) => {
        socket.on('error', () => resolve('reset'));
        socket.on('end', () => resolve('ended'));
      });
    });
    const dial = carrier.dial(target);
    await once(dial, 'readable');
    dial.destroy();
    expect(await outcome).toBe('reset');
    expect(carrier.streams()).toBe(0);
  });

  it('beyond the number of streams is refused at once', async () => {
    const bed = await startCarrierBed({ gateway: { limits: { streams: 3 } } });
    toClose.push(() => bed.close());
    await bed.open();
    const carrier = bed.carriers.find('factory')!;
    const target = await serve(() => {});
    const dials = [1, 2, 3].map(() => carrier.dial(target));
    await Promise.all(dials.map((dial) => once(dial, 'connect')));
    expect((await errorOf(carrier.dial(target))).code).toBe('busy');
    const [first, ...rest] = dials;
    first!.destroy();
    await once(first!, 'close');
    const another = carrier.dial(target);
    await once(another, 'connect');
    for (const dial of [...rest, another]) dial.destroy();
  });
});

describe('a socket over a dial', () => {
  const { cert, key } = certificateFor(generateKeyPairSync('ed25519').privateKey);
  const insecure = { rejectUnauthorized: false } as object;

  it.each(['plain', 'TLS'])('serves an HTTP client: %s', async (kind) => {
    const { carrier } = await connected();
    const body = 'b'.repeat(300_000);
    const target = await serve(
      (socket, cut) =>
        socket.on('data', (chunk: Buffer) => {
          if (chunk.includes('/keep')) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
          else if (chunk.includes('/cut')) socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setImmediate(cut));
          else socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`);
        }),
      kind === 'TLS' ? { cert, key } : undefined,
    );
    const dials = new Set<Duplex>();
    const client = createHttp1Client({
      host: 'app',
      readyEvent: kind === 'TLS' ? 'secureConnect' : 'connect',
      connectTimeoutMs: 10_000,
      connect(onread) {
        const dial = carrier.dial(target);
        dials.add(dial);
        return kind === 'TLS' ? secureOver(dial, insecure, onread) : plainOver(dial, onread);
      },
    });
    const get = (path: string) =>
      new Promise<string>((resolve) => {
        let length = 0;
        client.dispatch(
          { method: 'GET', path, headers: [] },
          {
            onStart() {},
            onHead() {},
            onData(chunk) {
              length += chunk.length;
            },
            onEnd: () => resolve(`whole ${length}`),
            onError: () => resolve('an error'),
          },
        );
      });
    expect(await get('/keep')).toBe('whole 300000');
    expect(await get('/keep')).toBe('whole 300000');
    expect(dials.size).toBe(1);
    expect(await get('/end')).toBe('whole 300000');
    expect(await get('/cut')).toBe('an error');
    client.close();
  });

  it('passes half-close in both directions for a tunnel', async () => {
    const { carrier } = await connected();
    const target = await serve((socket) => socket.pipe(socket), { cert, key });
    const socket = secureOver(carrier.dial(target), insecure as never);
    await once(socket, 'secureConnect');
    socket.end('to the end');
    expect((await readAll(socket)).toString()).toBe('to the end');
  });
});
