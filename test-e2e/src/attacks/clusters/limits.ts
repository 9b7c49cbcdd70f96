import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import {
  bytesOf,
  expectAccepted,
  expectAlice,
  expectUnparsable,
  pods,
  send,
  watchUpstreams,
} from '../fixtures/attack.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';

const slow: RawStream[] = [];
let openedAt = 0;

/** Opens connections that never finish their heads, before all other attacks. They are checked at the end. */
export async function openSlowConnections(): Promise<void> {
  openedAt = Date.now();
  slow.push(await openRaw(''), await openRaw('GET / HT'), await openRaw(`GET ${pods} HTTP/1.1\r\nHost: x\r\nX-A: `));
  const drip = setInterval(() => slow[2]!.socket.write('a'), 500);
  slow[2]!.socket.on('close', () => clearInterval(drip));
  slow[2]!.socket.on('end', () => clearInterval(drip));
}

/** Expects that another client is served normally. */
export async function quickly(): Promise<void> {
  const started = Date.now();
  expect((await send(bytesOf({}))).code).toBe(200);
  expect(Date.now() - started).toBeLessThan(15_000);
}

export function attackLimits(): void {
  describe('A19: a client that', () => {
    it('sends 2,000 header lines is served normally', async () => {
      const { request } = await expectAccepted({
        lines: Array.from({ length: 2000 }, (_value, index) => `X-${index}: v`),
      });
      expectAlice(request);
      expect(request.rawHeaders.length).toBeLessThan(40);
    });

    it('sends more than 64 KiB of them is refused', () =>
      expectUnparsable({ lines: Array.from({ length: 7000 }, (_value, index) => `X-${index}: value`) }, 431));

    it('sends an endless body to a refused request is cut off, while others are served', async () => {
      const arrived = watchUpstreams();
      const endless = await openRaw(
        bytesOf({ method: 'POST', authorization: undefined, lines: ['Transfer-Encoding: chunked'] }),
      );
      const pour = setInterval(() => endless.socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 20);
      await eventually('the refusal', () => endless.text().startsWith('HTTP/1.1 401'));
      expect(arrived()).toBe('');
      await quickly();
      await eventually('the cut', () => endless.endedAt !== undefined || endless.socket.destroyed);
      clearInterval(pour);
      endless.socket.destroy();
    });

    it('never sends the body of a refused request is cut off', async () => {
      const silent = await openRaw(
        bytesOf({ method: 'POST', authorization: undefined, lines: ['Content-Length: 1000'] }),
      );
      await eventually('the cut', () => silent.endedAt !== undefined);
      expect(silent.text()).toMatch(/^HTTP\/1\.1 401/);
      silent.socket.destroy();
    });

    it('opens 1,000 idle connections does not delay others', async () => {
      const idle = await Promise.all(Array.from({ length: 1000 }, () => openRaw('')));
      await quickly();
      for (const { socket } of idle) socket.destroy();
    });

    it('does not finish its head is cut off', async () => {
      await eventually('the cuts', () => slow.every(({ endedAt }) => endedAt !== undefined));
      for (const { endedAt, socket } of slow) {
        expect(endedAt! - openedAt).toBeLessThan(120_000);
        socket.destroy();
      }
    });
  });
}
