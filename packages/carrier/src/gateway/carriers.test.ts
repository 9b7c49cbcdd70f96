import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenCarrier } from '../connector/open-carrier.ts';
import type { CarrierError } from '../shared/carrier-error.ts';
import { keyIdOf } from '../shared/key-id.ts';
import { pinnedTls } from '../shared/pinned-tls.ts';
import { WebSocketBytes } from '../shared/web-socket-bytes.ts';
import { dialHere, startCarrierBed, type CarrierBed } from '../testing/index.ts';
import { beginRawTls, openRaw as openRawCarrier } from '../testing/raw-connector.ts';
import type { CarriersDeps, Refusal } from './carriers.ts';

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

async function start(gateway: Partial<CarriersDeps> = {}): Promise<CarrierBed> {
  const bed = await startCarrierBed({ gateway });
  toClose.push(() => bed.close());
  return bed;
}

/** Starts a gateway, and returns the refusals in their order, each as a promise. */
async function startRefusing(gateway: Partial<CarriersDeps> = {}) {
  const waiting: PromiseWithResolvers<Refusal>[] = Array.from({ length: 4 }, () => Promise.withResolvers());
  let at = 0;
  const onRefused = (refusal: Refusal) => waiting[at++]!.resolve(refusal);
  return { ...(await start({ ...gateway, onRefused })), refusals: waiting.map(({ promise }) => promise) };
}

const failureOf = (opening: Promise<OpenCarrier>) =>
  opening.then(
    () => undefined,
    (error: unknown) => error as CarrierError,
  );

async function openRaw(url: URL) {
  const raw = await openRawCarrier(url);
  toClose.push(() => raw.socket.destroy());
  return raw;
}

/** Returns what is in the frames of a recorded WebSocket, as one who is between the ends reads it. */
async function payloadOf(chunks: Buffer[], side: 'gateway' | 'connector'): Promise<Buffer> {
  const all = Buffer.concat(chunks);
  const wire = Readable.from([Buffer.from(all.subarray(all.indexOf('\r\n\r\n') + 4))]);
  const socket = Duplex.from({ readable: wire, writable: new PassThrough().resume() });
  const bytes = new WebSocketBytes({ socket, head: Buffer.alloc(0), side, onAlive() {} });
  const payload: Buffer[] = [];
  bytes.on('data', (chunk: Buffer) => payload.push(chunk)).on('error', () => {});
  await new Promise((resolve) => bytes.on('close', resolve));
  return Buffer.concat(payload);
}

const foreign = generateKeyPairSync('ed25519');

describe('a connector', () => {
  it('is who its key says, and says the rest of itself', async () => {
    const { carriers, open, connectorKeys, events } = await start();
    await open({ hello: () => ({ version: '1.2.3', reach: ['db:5432'], token: { server: 'kubernetes:443' } }) });
    expect(carriers.find('factory')).toMatchObject({
      connector: 'factory',
      keyId: keyIdOf(connectorKeys.publicKey),
      peer: '127.0.0.1',
      version: '1.2.3',
      reach: ['db:5432'],
      tokenServer: 'kubernetes:443',
    });
    expect(carriers.find('another')).toBeUndefined();
    expect(events).toEqual(['connected']);
  });

  it('is refused with a key that is not known, and learns it', async () => {
    const { open, refusals, carriers } = await startRefusing();
    expect(await failureOf(open({ privateKey: foreign.privateKey }))).toMatchObject({ code: 'not-known' });
    expect(await refusals[0]).toMatchObject({ reason: 'not-known', keyId: keyIdOf(foreign.publicKey) });
    expect(carriers.all()).toEqual([]);
  });

  it('refuses a gateway with another key, before it says anything', async () => {
    const { open, refusals } = await startRefusing();
    let asked = false;
    const hello = () => {
      asked = true;
      return { version: '1', reach: [], token: null };
    };
    const failure = await failureOf(open({ gatewayKeys: [foreign.publicKey], hello }));
    expect(failure).toMatchObject({ code: 'other-gateway' });
    expect(await refusals[0]).toMatchObject({ reason: 'protocol' });
    expect(asked).toBe(false);
  });

  it('has no more carriers than it may', async () => {
    const { open, carriers } = await start({ limits: { carriersPerConnector: 2 } });
    await open();
    await open();
    expect(await failureOf(open())).toMatchObject({ code: 'busy' });
    expect(carriers.all()).toHaveLength(2);
  });

  it('loses its carriers and their streams with its key', async () => {
    let keys: CarriersDeps['connectors'] = () => [];
    const bed = await start({ connectors: () => keys() });
    keys = () => [{ name: 'factory', keys: [foreign.publicKey, bed.connectorKeys.publicKey] }];
    const carrier = await bed.open();
    bed.carriers.recheck();
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const dial = bed.carriers.find('factory')!.dial({ host: 'app', port: (silent.address() as AddressInfo).port });
    await once(dial, 'connect');
    const lost = new Promise((resolve) => dial.on('error', resolve));
    keys = () => [{ name: 'factory', keys: [foreign.publicKey] }];
    bed.carriers.recheck();
    expect(await lost).toMatchObject({ code: 'carrier-lost' });
    await carrier.closed;
    expect(bed.carriers.all()).toEqual([]);
    expect(await failureOf(bed.open())).toMatchObject({ code: 'not-known' });
    silent.close();
  });

  it('that leaves keeps its quiet streams until they end or its time is over', async () => {
    const limits = { tickMs: 50 };
    const bed = await start({ limits });
    const carrier = await bed.open({ limits });
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    toClose.push(() => silent.close());
    await once(silent, 'listening');
    const dial = bed.carriers.find('factory')!.dial({ host: 'app', port: (silent.address() as AddressInfo).port });
    await once(dial, 'connect');
    const closed = carrier.close(60_000);
    await once(dial, 'draining');
    await pause(40 * limits.tickMs); // more than twice as long as a silent peer has
    expect(dial.destroyed).toBe(false);
    dial.destroy();
    await closed;
  });

  it('whose key is removed during its handshake is refused', async () => {
    let known = true;
    const bed = await start({
      connectors: () => (known ? [{ name: 'factory', keys: [bed.connectorKeys.publicKey] }] : []),
    });
    const hello = () => {
      known = false;
      return { version: '1', reach: [], token: null };
    };
    expect(await failureOf(bed.open({ hello }))).toBeDefined();
    expect(bed.carriers.all()).toEqual([]);
  });
});

describe('a handshake', () => {
  const pinned = pinnedTls(generateKeyPairSync('ed25519').privateKey) as object;

  it.each([
    ['without a certificate', { cert: undefined, key: undefined }, 'no-key'],
    ['without ALPN', { ALPNProtocols: [] }, 'no-key'],
    ['of another protocol', { ALPNProtocols: ['h2'] }, 'protocol'],
    ['of TLS 1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, 'protocol'],
  ] as const)('%s is refused', async (_what, options, reason) => {
    const { url, refusals } = await startRefusing();
    const { bytes } = await openRaw(url);
    beginRawTls(bytes, { ...pinned, ...options } as object);
    expect(await refusals[0]).toMatchObject({ reason, keyId: undefined });
  });

  it('gives no ticket that would stand for a key later', async () => {
    const { url, connectorKeys, refusals } = await startRefusing();
    const options = { ...pinnedTls(connectorKeys.privateKey), secureOptions: 0 } as object;
    const first = beginRawTls((await openRaw(url)).bytes, options);
    const session = new Promise<Buffer>((resolve) => first.on('session', resolve));
    await once(first, 'secureConnect');
    first.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const ticket = await Promise.race([session, refusals[0]!.then(() => undefined)]);
    expect(ticket).toBeUndefined();
  });

  it.each(['nothing', 'one byte at a time'])('that never ends is ended: %s', async (what) => {
    const { url, refusals } = await startRefusing({ limits: { handshakeMs: 300 } });
    const { socket } = await openRaw(url);
    // A binary frame of 100 bytes, masked with zeros: the start of a TLS record.
    const frame = Buffer.concat([Buffer.from([0x82, 0x80 | 100, 0, 0, 0, 0, 22, 3, 1, 2, 0]), Buffer.alloc(95)]);
    let at = 0;
    const dripping = setInterval(() => what === 'nothing' || socket.write(frame.subarray(at, ++at)), 20);
    expect(await refusals[0]).toMatchObject({ reason: 'timeout' });
    clearInterval(dripping);
    socket.destroy();
  });

  it('counts as half open until it is complete, and longer if it is refused', async () => {
    const { url, carriers, open, connectorKeys } = await start({
      limits: { halfOpen: 3, halfOpenPerPeer: 2, refusedMs: 100 },
    });
    const first = await openRaw(url);
    await openRaw(url);
    expect(carriers.hasRoom('127.0.0.1')).toBe(false);
    expect(carriers.hasRoom('10.0.0.1')).toBe(true);
    expect(await failureOf(open())).toMatchObject({ code: 'upgrade-refused', status: 503 });
    first.socket.destroy();
    while (!carriers.hasRoom('127.0.0.1')) await new Promise((resolve) => setTimeout(resolve, 20));
    await open({ privateKey: connectorKeys.privateKey });
    expect(carriers.hasRoom('127.0.0.1')).toBe(true);
  });

  it('shows nothing to what is between the ends, and cannot be played again', async () => {
    const { url, open, carriers, refusals } = await startRefusing();
    const secret = 'a-token-that-no-one-else-sees';
    const [up, down]: Buffer[][] = [[], []];
    const relay = createServer((client) => {
      const upstream = connect(Number(url.port), '127.0.0.1');
      client.on('data', (chunk: Buffer) => up!.push(chunk)).pipe(upstream);
      upstream.on('data', (chunk: Buffer) => down!.push(chunk)).pipe(client);
      for (const one of [client, upstream]) one.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    toClose.push(() => relay.close());
    const relayed = new URL(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
    const carrier = await open({
      url: relayed,
      hello: () => ({ version: secret, reach: [], token: { server: 'kubernetes:443' } }),
      token: { current: () => ({ token: secret, secondsLeft: 600 }), subscribe: () => () => {} },
    });
    const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    toClose.push(() => echo.close());
    const dial = carriers.find('factory')!.dial({ host: secret, port: (echo.address() as AddressInfo).port });
    dial.end(secret);
    await once(dial.resume(), 'end');
    await carrier.close();
    const [sent, got] = [await payloadOf(up!, 'gateway'), await payloadOf(down!, 'connector')];
    for (const payload of [sent, got]) {
      expect(payload[0]).toBe(22); // a TLS handshake
      expect(payload.length).toBeGreaterThan(1000);
      expect(payload.includes(secret)).toBe(false);
      expect(payload.includes('CONNECT')).toBe(false);
    }
    const again = await dialHere({ port: url.port });
    again.on('error', () => {});
    for (const chunk of up!) again.write(chunk);
    expect((await refusals[0])!.keyId).toBeUndefined();
    again.destroy();
  });
});

describe('a token', () => {
  it('arrives at once and after each renewal, and is not used longer than it is valid', async () => {
    let now = Date.now();
    const { open, carriers } = await start({ now: () => now });
    let current = { token: 'first', secondsLeft: 600 };
    let renewed = () => {};
    const token = {
      current: () => current,
      subscribe(listener: () => void) {
        renewed = listener;
        return () => {};
      },
    };
    await open({ hello: () => ({ version: '1', reach: [], token: { server: 'kubernetes:443' } }), token });
    const carrier = carriers.find('factory')!;
    const next = () => new Promise<string>((resolve) => carrier.onToken((sent) => resolve(sent.token)));
    if (!carrier.token()) await next();
    expect(carrier.token()).toEqual({ token: 'first', until: now + 600_000 });
    current = { token: 'second', secondsLeft: 60 };
    const second = next();
    renewed();
    expect(await second).toBe('second');
    now += 61_000;
    expect(carrier.token()).toBeUndefined();
  });

  it.each([
    ['with a line break', 'a\r\nX: y'],
    ['without a character', ''],
    ['of 20 kB', 'x'.repeat(20_000)],
  ])('%s ends the carrier', async (_what, bad) => {
    const { open } = await start();
    const source = { current: () => ({ token: bad, secondsLeft: 600 }), subscribe: () => () => {} };
    const carrier = await open({ token: source });
    await carrier.closed;
  });
});

describe('a shutdown', () => {
  it('of the gateway asks connectors to dial elsewhere, while dials go on', async () => {
    const { open, carriers, url } = await start();
    const carrier = await open();
    carriers.drain();
    await carrier.draining;
    const dial = carriers.find('factory')!.dial({ host: 'app', port: Number(url.port) });
    await once(dial, 'connect');
    expect(await failureOf(open())).toMatchObject({ code: 'upgrade-refused', status: 503 });
    dial.destroy();
  });

  it('of the connector lets its streams end, and takes no new ones', async () => {
    const { open, carriers } = await start();
    const carrier = await open();
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const port = (echo.address() as AddressInfo).port;
    const dial = carriers.find('factory')!.dial({ host: 'app', port });
    await once(dial, 'connect');
    const warned = once(dial, 'draining');
    const gone = carriers.find('factory')!.closed;
    const closed = carrier.close(60_000);
    await warned;
    expect(carriers.find('factory')).toBeUndefined();
    dial.end('still here');
    expect((await once(dial, 'data')).toString()).toBe('still here');
    await Promise.all([closed, gone]);
    expect(carriers.all()).toEqual([]);
    echo.close();
  });
});
