import { readFileSync } from 'node:fs';
import { constants, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { acceptUpgrade, eventually } from '../../harness/index.ts';
import { quickly } from './limits.ts';
import {
  bytesOf,
  exec,
  expectAccepted,
  expectRefused,
  metric,
  pods,
  spdy,
  webSocket,
  type Attack,
} from '../fixtures/attack.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { limits, attackFixture } from '../fixtures/attack-fixture.ts';

const megabyte = 1024 * 1024;
const watch: Attack = { target: `${pods}?watch=true` };

/** Returns the memory of the proxy's process in bytes. */
function memory(): number {
  const status = readFileSync(`/proc/${attackFixture().gateway.processes!.pid('proxy')}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

const open: RawStream[] = [];
async function begin(attack: Attack, token = attackFixture().tokens.alice): Promise<RawStream> {
  const stream = await openRaw(bytesOf({ ...attack, authorization: `Bearer ${token}` }));
  open.push(stream);
  await eventually('an answer', () => stream.text().includes('\r\n\r\n'));
  return stream;
}
const codeOf = (stream: RawStream) => Number(/^HTTP\/1\.1 (\d+)/.exec(stream.text())![1]);
const neverEnd = () =>
  attackFixture().dev.answer((request, response) => {
    if (request.url!.includes('watch')) response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
const closeAll = async () => {
  for (const { socket } of open.splice(0)) socket.destroy();
  const { gateway, tokens } = attackFixture();
  let left = '';
  await eventually(
    'no stream to be open',
    async () => {
      left = (await gateway.request('/.sallyport/api/v1/streams?all=true', { token: tokens.bob })).text;
      return (await metric('sallyport_proxy_open_streams')) === 0;
    },
    undefined,
    () => left.slice(0, 1000),
  );
};

function attackNumbers(): void {
  it('opens streams without limit is refused with a number and a reason, whatever the session, address or kind of stream, while others continue', async () => {
    neverEnd();
    const { tokens, gateway } = attackFixture();
    const second = (await gateway.login('alice@example.com')).token;
    for (let count = 0; count < limits.perUser; count += 1)
      expect(codeOf(await begin(watch, count % 2 === 0 ? tokens.alice : second))).toBe(200);
    const over: [Attack, string][] = [
      [watch, tokens.alice],
      [watch, second],
      [{ target: exec, lines: webSocket }, second],
      [{ target: '/api/v1/pods?watch=1', host: 'dev.k8s.test' }, tokens.alice],
      [{ target: '/clusters/noshell/api/v1/pods?watch=1' }, tokens.alice],
      [{ target: `${pods}/web/log?follow=1` }, tokens.alice],
    ];
    for (const [attack, token] of over) {
      const { reply } = await expectRefused(
        { ...attack, authorization: `Bearer ${token}` },
        429,
        /You have 40 streams/,
      );
      expect(reply.header('retry-after')).toEqual(['1']);
    }
    await quickly();
    for (let count = limits.perUser; count < limits.perCluster; count += 1)
      expect(codeOf(await begin(watch, tokens.eve))).toBe(200);
    await expectRefused({ ...watch, authorization: `Bearer ${tokens.eve}` }, 429, /Cluster "dev" has 60 streams/);
    expect(codeOf(await begin({ target: '/clusters/noshell/api/v1/pods?watch=1' }, tokens.eve))).toBe(200);
    await closeAll();
    expect(codeOf(await begin(watch))).toBe(200);
    await closeAll();
  });
}

/** Frames from either side that announce excessive lengths, or are very numerous for their contents. */
const huge = Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
const hugeUnmasked = Buffer.concat([
  Buffer.from([0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([1]),
]);
const tiny = Buffer.from([0x82, 0x81, 1, 2, 3, 4, 1]);

const quad = (value: number) => Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);

/** Returns a SYN_STREAM whose header block of some kilobytes decompresses to a header of many megabytes. */
function zlibBomb(megabytes: number): Buffer {
  const block = deflateRawSync(
    Buffer.concat([quad(1), quad(1), Buffer.from('a'), quad(megabytes * megabyte), Buffer.alloc(megabytes * megabyte)]),
    { level: 9, finishFlush: constants.Z_SYNC_FLUSH },
  );
  const payload = Buffer.concat([quad(1), quad(0), Buffer.from([0, 0, 0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]), block]);
  return Buffer.concat([Buffer.from([0x80, 3, 0, 1]), quad(payload.length), payload]);
}

/** Returns the most of three samples, because what the process holds without an attack goes up and down. */
async function mostMemory(): Promise<number> {
  const samples: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await quickly();
    samples.push(memory());
  }
  return Math.max(...samples);
}

async function expectBounded(what: () => Promise<void>): Promise<void> {
  const before = await mostMemory();
  await what();
  await quickly();
  expect(memory() - before).toBeLessThan(80 * megabyte);
  await closeAll();
}

function attackFrames(): void {
  it.each([
    ['client', huge, undefined],
    ['cluster', undefined, hugeUnmasked],
  ])('announces a frame of 2^63 bytes (%s) gets no memory for it', (_side, fromClient, fromCluster) =>
    expectBounded(async () => {
      attackFixture().dev.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        if (fromCluster) socket.write(fromCluster);
        socket.on('end', () => socket.end()).resume();
      });
      const stream = await begin({ target: exec, lines: webSocket });
      if (fromClient) stream.socket.write(fromClient);
      for (let count = 0; count < 40; count += 1) stream.socket.write(Buffer.alloc(65_536, 1));
      expect(codeOf(stream)).toBe(101);
    }),
  );

  it('sends 300,000 frames of one byte is relayed, and does not delay others', () =>
    expectBounded(async () => {
      let got = 0;
      attackFixture().dev.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        socket
          .on('end', () => socket.end())
          .on('data', (chunk: Buffer) => {
            got += chunk.length;
          });
      });
      const stream = await begin({ target: exec, lines: webSocket });
      const frames = Buffer.concat(Array.from({ length: 10_000 }, () => tiny));
      for (let count = 0; count < 30; count += 1) stream.socket.write(frames);
      await quickly();
      await eventually('all of them', () => got === 30 * frames.length);
    }));

  it.each([
    [12, /more than \d+ bytes/],
    [60, /control frame of more than/],
  ])(
    'sends a zlib bomb of %d MB in SPDY is relayed without decompression, and the event records from where nothing was read',
    (megabytes, says) =>
      expectBounded(async () => {
        const stream = await begin({ method: 'POST', target: exec, lines: spdy });
        const bomb = zlibBomb(megabytes);
        expect(bomb.length).toBeLessThan(100_000);
        for (let count = 0; count < 5; count += 1) stream.socket.write(bomb);
        await eventually('all of it comes back', () => stream.bytes().length > 5 * bomb.length);
        await quickly();
        stream.socket.destroy();
        const closed = await attackFixture().gateway.audit.await(
          (record) =>
            record.type === 'stream.closed' &&
            record.data.sallyport.protocol === 'spdy/3.1' &&
            record.data.sallyport.bytesIn === 5 * bomb.length,
        );
        expect(closed[0]!.data.sallyport.stream!.unread).toMatch(says);
      }),
  );
}

function attackReaders(): void {
  it.each([
    ['an answer', { target: `${pods}/web/log` }],
    ['a stream', { target: `${pods}/web/log?follow=true` }],
  ])(
    'does not read %s of 500 MB costs a bounded amount of memory, in the gateway and at the cluster',
    (_what, attack) =>
      expectBounded(async () => {
        let poured = 0;
        attackFixture().dev.answer((request, response) => {
          if (!request.url!.includes('/log')) return void response.end('{}');
          const piece = Buffer.alloc(megabyte, 120);
          response.writeHead(200, { 'content-type': 'text/plain' });
          const pour = () => {
            while (poured < 500 && !response.destroyed) {
              poured += 1;
              if (!response.write(piece)) return void response.once('drain', pour);
            }
          };
          pour();
        });
        const stream = await openRaw(bytesOf(attack));
        open.push(stream);
        stream.socket.pause();
        await quickly();
        await new Promise((resolve) => {
          setTimeout(resolve, 1000);
        });
        expect(poured).toBeLessThan(60);
        await quickly();
      }),
  );

  it('does not read an exec with endless output costs no more', () =>
    expectBounded(async () => {
      let poured = 0;
      attackFixture().dev.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        const frame = Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xff, 1]), Buffer.alloc(65_534, 120)]);
        const pour = () => {
          while (poured < 8000 && !socket.destroyed) {
            poured += 1;
            if (!socket.write(frame)) return void socket.once('drain', pour);
          }
        };
        pour();
        socket.on('end', () => socket.destroy()).resume();
      });
      const stream = await begin({ target: exec, lines: webSocket });
      stream.socket.pause();
      await new Promise((resolve) => {
        setTimeout(resolve, 1000);
      });
      await quickly();
      expect(poured).toBeLessThan(1000);
    }));
}

export function attackStreamLimits(): void {
  describe('A19: a client that', () => {
    afterEach(closeAll);
    attackNumbers();
    attackFrames();
    attackReaders();

    it('disconnects after opening everything leaves nothing open at the cluster', async () => {
      neverEnd();
      const from = attackFixture().dev.connections.length;
      for (let count = 0; count < 20; count += 1) await begin(watch);
      await closeAll();
      await eventually('all are closed upstream', () =>
        attackFixture()
          .dev.connections.slice(from)
          .filter(({ requests }) => requests.some(({ url }) => url.includes('watch')))
          .every(({ closed }) => closed),
      );
      await expectAccepted({});
    });
  });
}
