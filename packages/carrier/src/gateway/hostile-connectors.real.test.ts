import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startCarrierBed, type CarrierBed } from '../testing/index.ts';
import type { Carrier } from './carrier.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-carrier-'));
const hostile = generateKeyPairSync('ed25519');
const children = new Set<ChildProcess>();
let bed: CarrierBed;
let echo: Server;
const servers = new Set<Server>();
let ended: Promise<string>;
let attacking: Promise<unknown>;

const fileOf = (name: string, key: KeyObject, type: 'pkcs8' | 'spki') => {
  const file = path.join(directory, name);
  writeFileSync(file, key.export({ format: 'pem', type } as { format: 'pem'; type: 'spki' }));
  return file;
};

/** Starts a program of `testing/` as the connector `hostile`. */
function run(program: string, ...args: string[]): ChildProcess {
  const file = new URL(`../testing/${program}.ts`, import.meta.url).pathname;
  const keyFile = fileOf('hostile.pem', hostile.privateKey, 'pkcs8');
  const child = spawn(process.execPath, [file, bed.url.href, keyFile, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  attacking = once(child.stdout, 'data');
  children.add(child);
  return child;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function listen(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.add(server);
  return server;
}

/** Returns what this process cannot give back. What it could give back depends on how busy the machine is. */
const held = () => {
  collectGarbage();
  const { heapUsed: heap, external } = process.memoryUsage();
  return { resources: process.getActiveResourcesInfo().length, heap, bytes: heap + external };
};

async function failDials(carrier: Carrier, count: number): Promise<void> {
  for (let done = 0; done < count; done += 100) {
    const dials = Array.from({ length: 100 }, () => carrier.dial({ host: 'app', port: 80 }));
    await Promise.all(dials.map((dial) => new Promise((resolve) => dial.on('error', resolve))));
  }
}

/** Sends something through the carrier of the honest connector and back. */
async function roundTrip(): Promise<string> {
  const dial = bed.carriers.find('factory')!.dial({ host: 'echo', port: portOf(echo) });
  dial.end('still well');
  let text = '';
  for await (const chunk of dial) text += String(chunk);
  return text;
}

/** Goes on with that until it fails, and tells now and then what this process holds. */
async function roundTrips(onHeld: (bytes: number) => void): Promise<false> {
  for (let turn = 0; (await roundTrip()) === 'still well'; turn += 1) if (turn % 10 === 0) onHeld(held().bytes);
  return false;
}

beforeAll(async () => {
  echo = await listen((socket) => socket.pipe(socket));
});

beforeEach(async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  ended = promise;
  const known: { name: string; keys: readonly KeyObject[] }[] = [{ name: 'hostile', keys: [hostile.publicKey] }];
  bed = await startCarrierBed({
    gateway: {
      connectors: () => known,
      limits: { tickMs: 100 },
      onDisconnected: ({ connector }, reason) => connector === 'hostile' && resolve(reason),
    },
  });
  known.push({ name: 'factory', keys: [bed.connectorKeys.publicKey] });
  await bed.open();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await bed.close();
});

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

describe('a hostile connector', () => {
  it.each([
    'settings',
    'changing settings',
    'pings',
    'answers to no ping',
    'window updates',
    'priorities',
    'resets of a stream that is over',
    'resets of streams that never were',
    'empty data',
    'data for a stream that is over',
    'unknown frames',
    'early headers',
    'continuations',
    'headers without end',
    'pushes',
    'a frame of 16 MB',
    'a notice without end',
    'pings of the WebSocket',
    'empty frames',
    'an unmasked frame',
    'a text frame',
    'a fragmented control frame',
    'a frame of 2 GiB',
    'a compressed frame',
    'no reading',
  ])('loses its carrier, and others do not notice: %s', async (attack) => {
    const before = held().bytes;
    let most = before;
    run('hostile-child', attack);
    const onHeld = (bytes: number) => (most = Math.max(most, bytes));
    const isOver = await Promise.race([ended.then(() => true), roundTrips(onHeld)]);
    expect(isOver).toBe(true);
    expect(most - before).toBeLessThan(100 * 1024 * 1024);
    expect(await roundTrip()).toBe('still well');
  });

  it('that resets each stream leaves nothing behind', async () => {
    run('hostile-child', 'a reset of each stream');
    await attacking;
    const carrier = bed.carriers.find('hostile')!;
    await failDials(carrier, 500);
    const before = held();
    await failDials(carrier, 5000);
    expect(carrier.streams()).toBe(0);
    // Others come and go by the handful. One for each dial would be thousands.
    expect(held().resources - before.resources).toBeLessThan(500);
    expect(held().heap - before.heap).toBeLessThan(8 * 1024 * 1024);
  });

  it('that takes no bytes holds no more than what was written, and only until it is given up', async () => {
    run('hostile-child', 'no window for a stream');
    await attacking;
    const dial = bed.carriers.find('hostile')!.dial({ host: 'app', port: 80 });
    dial.on('error', () => {});
    let written = 0;
    while (dial.write(Buffer.alloc(16_384))) written += 16_384;
    expect(written).toBeLessThan(1024 * 1024);
    expect(await roundTrip()).toBe('still well');
    dial.destroy();
  });
});

describe('readers that have stalled', () => {
  it('never hold the whole window of their carrier', async () => {
    const endless = await listen((socket) => {
      const send = () => {
        while (socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', send);
      send();
    });
    const carrier = bed.carriers.find('factory')!;
    const stalled = Array.from({ length: 60 }, () => carrier.dial({ host: 'endless', port: portOf(endless) }));
    for (const dial of stalled) dial.on('error', () => {});
    await Promise.all(stalled.map((dial) => once(dial, 'connect')));
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await roundTrip()).toBe('still well');
      expect(carrier.waitingBytes()).toBeLessThan(64 * 1024 * 1024);
    }
    for (const dial of stalled) dial.destroy();
  });
});

describe('a connector that is stopped', () => {
  it('is taken for dead by the gateway, and its dials fail', async () => {
    const child = run('connector-child', fileOf('gateway.pem', bed.gatewayKeys.publicKey, 'spki'));
    while (!bed.carriers.find('hostile')) await pause(20);
    const dial = bed.carriers.find('hostile')!.dial({ host: 'echo', port: portOf(echo) });
    const lost = new Promise((resolve) => dial.on('error', resolve));
    await once(dial, 'connect');
    child.kill('SIGSTOP');
    expect(await ended).toBe('the peer is silent');
    expect(await lost).toMatchObject({ code: 'carrier-lost' });
    const { stdout } = child;
    const said = once(stdout!, 'data');
    child.kill('SIGCONT');
    expect(String(await said)).toContain('closed: ');
  });

  it('is noticed while bytes are on their way to it', async () => {
    const child = run('connector-child', fileOf('gateway.pem', bed.gatewayKeys.publicKey, 'spki'));
    while (!bed.carriers.find('hostile')) await pause(20);
    const dial = bed.carriers.find('hostile')!.dial({ host: 'echo', port: portOf(echo) });
    dial.on('error', () => {});
    await once(dial, 'connect');
    const send = () => {
      while (!dial.destroyed && dial.write(Buffer.alloc(65_536)));
    };
    dial.on('drain', send).resume();
    send();
    child.kill('SIGSTOP');
    expect(await ended).toBe('the peer is silent');
  });
});
