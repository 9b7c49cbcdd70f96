import { afterEach, describe, expect, it } from '@jest/globals';
import { acceptUpgrade, eventually } from '../../harness/index.ts';
import { processUsage } from '../../streams/process-usage.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { readMetric } from '../fixtures/read-metric.ts';
import {
  expectWebAccepted,
  expectWebRefused,
  expectWebUnparsable,
  sendWeb,
  webBytes,
  webSocketLines,
  type WebAttack,
  watchApplications,
} from '../fixtures/web-attack.ts';
import { webFixture, webLimits } from '../fixtures/web-fixture.ts';

const maxMiB = 80;
const open: RawStream[] = [];
async function begin(attack: WebAttack): Promise<RawStream> {
  const stream = await openRaw(webBytes(attack), webFixture().gateway);
  open.push(stream);
  return stream;
}
const codeOf = (stream: RawStream) => Number(/^HTTP\/1\.1 (\d+)/.exec(stream.text())?.[1]);
const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function closeAll(): Promise<void> {
  for (const { socket } of open.splice(0)) socket.destroy();
  const { gateway } = webFixture();
  await eventually(
    'no stream to be open',
    async () => (await readMetric(gateway, 'proxy', 'sallyport_proxy_open_streams')) === 0,
  );
}

/** Expects that another browser is served normally. */
async function quickly(): Promise<void> {
  const began = Date.now();
  expect((await sendWeb(webBytes({ target: '/quick', cookie: webFixture().cookies.eve }))).code).toBe(200);
  expect(Date.now() - began).toBeLessThan(15_000);
}

async function expectBounded(what: () => Promise<void>): Promise<void> {
  const memory = () => processUsage(webFixture().gateway.processes!.pid('proxy')!).rssMiB;
  // What the process holds without an attack goes up and down.
  const samples: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await quickly();
    samples.push(memory());
  }
  const before = Math.max(...samples);
  await what();
  await quickly();
  expect(memory() - before).toBeLessThan(maxMiB);
}

function attackHeads(): void {
  it('sends 500 header lines is served normally', async () => {
    const { request } = await expectWebAccepted({
      lines: Array.from({ length: 500 }, (_none, index) => `X-${index}: v`),
    });
    expect(request.header('x-webauth-user')).toEqual(['alice@example.com']);
  });

  it('sends more than 64 KiB of cookies is refused', () =>
    expectWebUnparsable({ lines: [`Cookie: a=${'x'.repeat(70_000)}`] }, 431));

  it('sends an endless body to a refused request is cut off, while others are served', async () => {
    const arrived = watchApplications();
    const endless = await begin({ method: 'POST', cookie: undefined, lines: ['Transfer-Encoding: chunked'] });
    const pour = setInterval(() => endless.socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 20);
    await eventually('the refusal', () => codeOf(endless) === 401);
    expect(arrived()).toBe('');
    await quickly();
    await eventually('the cut', () => endless.endedAt !== undefined || endless.socket.destroyed);
    clearInterval(pour);
  });

  it('opens 300 idle connections does not delay others', async () => {
    const { gateway } = webFixture();
    open.push(...(await Promise.all(Array.from({ length: 300 }, () => openRaw('', gateway)))));
    await quickly();
  });
}

function attackStreams(): void {
  it('opens WebSockets without limit is refused with a number, at every application, while others go on', async () => {
    const { cookies } = webFixture();
    const all = await Promise.all(Array.from({ length: webLimits.perUser }, () => begin({ lines: webSocketLines })));
    await eventually('all WebSockets', () => all.every((stream) => codeOf(stream) === 101));
    for (const attack of [{}, { host: 'tool', cookie: cookies.tool } as const]) {
      const { reply } = await expectWebRefused({ ...attack, lines: webSocketLines }, 429, {
        says: /You have 40 streams/,
      });
      expect(reply.header('retry-after')).toEqual(['1']);
    }
    await quickly();
    const other = await begin({ cookie: cookies.eve, lines: webSocketLines });
    await eventually('the WebSocket of another person', () => codeOf(other) === 101);
    await closeAll();
    const again = await begin({ lines: webSocketLines });
    await eventually('a WebSocket after the others', () => codeOf(again) === 101);
  });

  it('sends 300,000 frames of one byte is relayed, and does not delay others', () =>
    expectBounded(async () => {
      let got = 0;
      webFixture().app.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        socket
          .on('end', () => socket.end())
          .on('data', (chunk: Buffer) => {
            got += chunk.length;
          });
      });
      const stream = await begin({ lines: webSocketLines });
      await eventually('a WebSocket', () => codeOf(stream) === 101);
      const tiny = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0x82, 0x81, 1, 2, 3, 4, 1])));
      for (let count = 0; count < 30; count += 1) stream.socket.write(tiny);
      await quickly();
      await eventually('all of them', () => got === 30 * tiny.length);
    }));

  it('announces a frame of 2^63 bytes gets no memory for it', () =>
    expectBounded(async () => {
      webFixture().app.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        socket.on('end', () => socket.end()).resume();
      });
      const stream = await begin({ lines: webSocketLines });
      await eventually('a WebSocket', () => codeOf(stream) === 101);
      stream.socket.write(Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]));
      for (let count = 0; count < 40; count += 1) stream.socket.write(Buffer.alloc(65_536, 1));
      await pause(200);
    }));

  it.each([
    ['a response', {}],
    ['a WebSocket', { lines: webSocketLines }],
  ])('does not read %s of 500 MB costs a bounded amount of memory', (_what, attack) =>
    expectBounded(async () => {
      let poured = 0;
      const piece = Buffer.alloc(1024 * 1024, 120);
      const pour = (to: NodeJS.WritableStream & { destroyed: boolean }) => {
        while (poured < 500 && !to.destroyed) {
          poured += 1;
          if (!to.write(piece)) return void to.once('drain', () => pour(to));
        }
      };
      webFixture().app.answer((request, response) => {
        if (request.url === '/quick') return void response.writeHead(200, { 'content-length': '2' }).end('{}');
        pour(response.writeHead(200, { 'content-type': 'text/plain' }));
      });
      webFixture().app.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        pour(socket);
      });
      const stream = await begin(attack);
      stream.socket.pause();
      await pause(1000);
      expect(poured).toBeGreaterThan(0);
      expect(poured).toBeLessThan(60);
    }),
  );
}

export function attackWebLimits(): void {
  describe('W19: a browser that', () => {
    afterEach(closeAll);
    attackHeads();
    attackStreams();
  });
}
