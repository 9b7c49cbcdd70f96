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

describe('an application whose header no server may send', () => {
  it.each([
    ['a control character in a value', 'X-A: b\x01c'],
    ['a delete character in a value', 'X-A: b\x7fc'],
    ['an escape in a cookie', 'Set-Cookie: a=\x1b[2J'],
    ['a control character in a name', 'X-\x01A: b'],
    ['a blank in a name', 'X A: b'],
    ['no name', ': b'],
    ['many lines', Array.from({ length: 3000 }, (_none, index) => `X-${index}: v`).join('\r\n')],
    ['an upgrade that is not one', 'Connection: upgrade\r\nUpgrade: websocket'],
    ['a length for a body without one', 'Content-Length: 4\r\nTrailer: X\r\nTransfer-Encoding: identity'],
  ])('(%s) is answered for, or gets a 502', async (_what, line) => {
    await startSaying(`HTTP/1.1 200 OK\r\n${line}\r\n${body}`);
    const answer = await rig.raw(webHead('GET', '/', ['Connection: close']));
    expect(answer).toMatch(/^HTTP\/1.1 (?:200 OK|502 Bad Gateway)\r\n/);
    expect(answer.split('\r\n\r\n')[0]).not.toMatch(/[\x00-\x08\x0e-\x1f\x7f]/);
  });

  it.each([
    ['a trailer with a control character', 'X-A: b\x01c'],
    ['a trailer that is a length', 'Content-Length: 4'],
  ])('(%s) is answered for without it', async (_what, trailer) => {
    await startSaying(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n${trailer}\r\n\r\n`);
    const answer = await rig.raw(webHead('GET', '/', ['Connection: close']));
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).not.toMatch(/X-A|Content-Length/i);
  });
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
    // The limit of the first byte is thirty seconds in this rig.
    expect(performance.now() - began).toBeLessThan(15_000);
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
