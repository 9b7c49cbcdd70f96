import { describe, expect, it } from '@jest/globals';
import type { TLSSocket } from 'node:tls';
import { dialRaw, eventually } from '../harness/index.ts';
import { bytesOf, expectAccepted, expectAlice, expectUnparsable, pods, reached } from './attack.ts';
import { scene } from './scene.ts';

type Slow = { socket: TLSSocket; text: string; ended: number | undefined };
const slow: Slow[] = [];
let openedAt = 0;

async function open(bytes: string): Promise<Slow> {
  const socket = await dialRaw(scene().gate.url, scene().gate.caPem);
  const one: Slow = { socket, text: '', ended: undefined };
  socket.on('data', (chunk: Buffer) => { one.text += chunk.toString('latin1'); });
  for (const event of ['end', 'close']) socket.on(event, () => { one.ended ??= Date.now(); });
  socket.write(Buffer.from(bytes, 'latin1'));
  return one;
}

/** Opens, before all other attacks, connections that never finish their heads: what becomes of them is seen at the end. */
export async function openSlowConnections(): Promise<void> {
  openedAt = Date.now();
  slow.push(await open(''), await open('GET / HT'), await open(`GET ${pods} HTTP/1.1\r\nHost: x\r\nX-A: `));
  const drip = setInterval(() => slow[2]!.socket.write('a'), 500);
  slow[2]!.socket.on('close', () => clearInterval(drip));
  slow[2]!.socket.on('end', () => clearInterval(drip));
}

async function quickly(): Promise<void> {
  const started = Date.now();
  expectAlice((await expectAccepted({})).request);
  expect(Date.now() - started).toBeLessThan(3000);
}

export function attackLimits(): void {
  describe('A19: a client that', () => {
    it('sends 2,000 header lines is served like any other', async () => {
      const { request } = await expectAccepted({ lines: Array.from({ length: 2000 }, (_value, index) => `X-${index}: v`) });
      expectAlice(request);
      expect(request.rawHeaders.length).toBeLessThan(40);
    });

    it('sends more than 64 KiB of them is refused', () => expectUnparsable({ lines: Array.from({ length: 7000 }, (_value, index) => `X-${index}: value`) }, 431));

    it('sends a body without end to a refused request is cut off, and others are served meanwhile', async () => {
      const before = reached();
      const endless = await open(bytesOf({ method: 'POST', authorization: undefined, lines: ['Transfer-Encoding: chunked'] }));
      const pour = setInterval(() => endless.socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 20);
      await eventually('the refusal', () => endless.text.startsWith('HTTP/1.1 401'));
      expect(reached()).toBe(before);
      await quickly();
      await eventually('the cut', () => endless.ended !== undefined || endless.socket.destroyed, 6000);
      clearInterval(pour);
      endless.socket.destroy();
    });

    it('never sends the body of a refused request is cut off', async () => {
      const silent = await open(bytesOf({ method: 'POST', authorization: undefined, lines: ['Content-Length: 1000'] }));
      await eventually('the cut', () => silent.ended !== undefined, 6000);
      expect(silent.text).toMatch(/^HTTP\/1\.1 401/);
      silent.socket.destroy();
    });

    it('opens 300 connections and says nothing keeps nobody waiting', async () => {
      const idle = await Promise.all(Array.from({ length: 300 }, () => open('')));
      await quickly();
      for (const { socket } of idle) socket.destroy();
    });

    it('does not finish its head is cut off', async () => {
      await eventually('the cuts', () => slow.every(({ ended }) => ended !== undefined), 35_000);
      for (const { ended, socket } of slow) {
        expect(ended! - openedAt).toBeLessThan(40_000);
        socket.destroy();
      }
    }, 40_000);
  });
}
