import { afterEach, describe, expect, it } from '@jest/globals';
import { createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

/** Starts an application that answers with these bytes. */
const startSaying = async (bytes: string) => {
  rig = await createWebRig((request, response) => {
    request.resume();
    response.socket!.write(Buffer.from(bytes, 'latin1'));
  });
};
const body = 'Content-Length: 4\r\n\r\nbody';

describe('an application whose reason phrase no server may send', () => {
  it.each(['O\x01K', '\x1b[2J', 'a\x7fb', '\xe4', 'x'.repeat(15_000)])(
    '(%j) is answered for without it',
    async (phrase) => {
      await startSaying(`HTTP/1.1 200 ${phrase}\r\n${body}`);
      const answer = await rig.raw(webHead('GET', '/', ['Connection: close']));
      expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(answer).toContain('\r\n\r\nbody');
    },
  );
});

describe('an application that switches protocols without being asked', () => {
  it.each([
    ['with Upgrade', 'Connection: Upgrade\r\nUpgrade: x\r\n\r\nhidden'],
    ['without Upgrade', '\r\nhidden'],
  ])('(%s) gets a 502 at once, and no tunnel', async (_what, rest) => {
    await startSaying(`HTTP/1.1 101 Switching Protocols\r\n${rest}`);
    const began = performance.now();
    const answer = await rig.raw(webHead('GET', '/', ['Connection: close']));
    expect(answer).toMatch(/^HTTP\/1.1 502/);
    expect(answer).not.toContain('hidden');
    // The limit of the first byte is a second in this rig.
    expect(performance.now() - began).toBeLessThan(900);
  });
});

describe('an application that answers more than it was asked', () => {
  const one = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  it.each([
    ['at once', 0],
    ['while the connection is idle', 30],
  ])('(%s) answers nobody else', async (_what, ms) => {
    rig = await createWebRig((_request, response) => {
      const { socket } = response;
      if (rig.asked.length > 1) return void response.end('own');
      socket!.write(one('first') + (ms === 0 ? one('second') : ''));
      if (ms > 0) setTimeout(() => socket!.write(one('second')), ms);
    });
    expect(await rig.raw(webHead('GET', '/', ['Connection: close']))).toContain('first');
    await new Promise((resolve) => setTimeout(resolve, 3 * ms));
    for (let round = 0; round < 3; round += 1)
      expect(await rig.raw(webHead('GET', '/', ['Connection: close']))).toMatch(/\r\n\r\nown$/);
  });
});
