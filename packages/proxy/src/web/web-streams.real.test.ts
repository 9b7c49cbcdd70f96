import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allowWeb, appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const own = `Origin: https://${appHost}`;
const upgrade = [
  own,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: a2V5',
  'Sec-WebSocket-Version: 13',
];

/** Opens a connection and gathers what arrives. */
function open(head: string) {
  const socket = rig.dial();
  const seen = { socket, text: '', closed: false };
  socket.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString('latin1');
  });
  socket
    .on('error', () => {})
    .on('end', () => {
      seen.closed = true;
    })
    .on('close', () => {
      seen.closed = true;
    });
  socket.write(head);
  return seen;
}

/** Returns the code and the reason of a close frame. Undefined if the bytes are anything else. */
function readClose(text: string): { code: number; reason: string } | undefined {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes[0] !== 0x88 || bytes.length !== 2 + bytes[1]!) return undefined;
  return { code: bytes.readUInt16BE(2), reason: bytes.subarray(4).toString() };
}
const afterHead = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);

/** An application that echoes what arrives after the handshake. */
async function startEcho() {
  rig = await createWebRig((_request, response) => response.end());
  rig.app.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    rig.asked.push(request);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSet-Cookie: __Host-sallyport-route=evil\r\n\r\n`,
    );
    socket
      .on('error', () => {})
      .on('end', () => socket.end())
      .on('data', (chunk) => socket.write(chunk));
  });
}

const revoke = () => {
  rig.answer = () => ({
    decision: { effect: 'authenticate', rule: 'default-deny', reasons: [], policyVersion: 'v' },
    problem: { code: 'unauthenticated', detail: 'This session was ended.' },
  });
  rig.streams.onChange({ type: 'session-revoked', sessionId: 'ses_1' } as never);
};

describe('a WebSocket of a web application', () => {
  it('carries bytes both ways, is listed, and ends within a second of the session', async () => {
    await startEcho();
    const client = open(webHead('GET', '/ws?x=1', upgrade));
    await until(() => client.text.includes('\r\n\r\n'));
    expect(client.text).toMatch(/^HTTP\/1.1 101/);
    expect(client.text).not.toContain('evil');
    expect(rig.asked[0]!.headers).toMatchObject({ 'x-user': 'alice@example.com', origin: `https://${appHost}` });
    expect(JSON.stringify(rig.asked[0]!.rawHeaders)).not.toContain('sallyport-route');
    const ping = '\x81\x04ping';
    client.socket.write(ping, 'latin1');
    await until(() => client.text.endsWith(ping));
    expect([...rig.streams.registry.all()].map(({ kind }) => kind)).toEqual(['websocket']);
    const before = performance.now();
    revoke();
    await until(() => client.closed);
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(readClose(afterHead(client.text).slice(ping.length))).toEqual({
      code: 1008,
      reason: expect.stringContaining('This session was ended.'),
    });
    await until(() => rig.events.some(({ type }) => type === 'stream.closed'));
    expect(rig.events.find(({ type }) => type === 'stream.cut')!.data.sallyport.stream).toMatchObject({
      kind: 'websocket',
      reason: 'session-ended',
    });
  });

  it('ends after the current frame of the application, and without a reason if that does not come', async () => {
    await startEcho();
    const [whole, cut] = ['/ws', '/ws'].map((target) => open(webHead('GET', target, upgrade)));
    await until(() => [whole!, cut!].every(({ text }) => text.includes('\r\n\r\n')));
    // A compressed frame of five bytes, in the middle of a message.
    for (const { socket } of [whole!, cut!]) socket.write('\x41\x05abc', 'latin1');
    await until(() => [whole!, cut!].every(({ text }) => text.endsWith('abc')));
    revoke();
    whole!.socket.write('de');
    await until(() => whole!.closed && cut!.closed);
    expect(afterHead(whole!.text).slice(0, 7)).toBe('\x41\x05abcde');
    expect(readClose(afterHead(whole!.text).slice(7))).toMatchObject({ code: 1008 });
    expect(afterHead(cut!.text)).toBe('\x41\x05abc');
  });

  it('is told to connect again by 1001 when the gateway stops', async () => {
    await startEcho();
    const client = open(webHead('GET', '/ws', upgrade));
    await until(() => client.text.includes('\r\n\r\n'));
    await rig.streams.drain(0);
    await until(() => client.closed);
    expect(readClose(afterHead(client.text))).toMatchObject({ code: 1001 });
  });

  it('ends when the user loses a group that the application was told of, and not when they gain one', async () => {
    await startEcho();
    const client = open(webHead('GET', '/ws', upgrade));
    await until(() => client.text.includes('\r\n\r\n'));
    const withGroups = (groups: string[]) => {
      const answer = allowWeb();
      rig.answer = () => ({ ...answer, identity: { ...answer.identity!, groups } });
      rig.streams.onChange({ type: 'session-changed', sessionId: 'ses_1' } as never);
    };
    withGroups(['developers', 'sre']);
    client.socket.write('\x82\x05still', 'latin1');
    await until(() => client.text.endsWith('still'));
    withGroups(['sre']);
    await until(() => client.closed);
  });

  it('is opened only once its event is acknowledged, and not with bytes behind its head', async () => {
    await startEcho();
    rig.kafka = 'down';
    expect(await rig.raw(webHead('GET', '/ws', upgrade))).toMatch(/^HTTP\/1.1 503/);
    rig.kafka = 'up';
    expect(await rig.raw(`${webHead('GET', '/ws', upgrade)}GET /x HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(rig.asked).toHaveLength(0);
  });
});

describe('a response that goes on', () => {
  it('of server-sent events begins at once, and ends cleanly within a second of the session', async () => {
    rig = await createWebRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    const client = open(webHead('GET', '/events'));
    await until(() => client.text.includes('\r\n\r\n'));
    const before = performance.now();
    revoke();
    await until(() => client.text.endsWith('0\r\n\r\n'));
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  it('of a promised length is cut, and the application learns of it', async () => {
    let gone = false;
    rig = await createWebRig((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part');
      request.socket.on('close', () => {
        gone = true;
      });
    });
    const client = open(webHead('GET', '/file'));
    await until(() => client.text.endsWith('part'));
    revoke();
    await until(() => client.closed && gone);
    expect(client.text.endsWith('part')).toBe(true);
  });

  it('waits for a reader that does not read: the memory of the gateway stays flat', async () => {
    const total = 96 * 1024 * 1024;
    let sent = 0;
    rig = await createWebRig((_request, response) => {
      response.writeHead(200, { 'content-length': String(total) });
      const piece = Buffer.alloc(64 * 1024);
      const more = () => {
        while (sent < total) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const socket = rig.dial();
    socket.pause();
    socket.write(webHead('GET', '/big'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    let got = 0;
    socket.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    socket.resume();
    await until(() => got >= total);
  });

  it('ends upstream when the browser goes away', async () => {
    let gone = false;
    rig = await createWebRig((request, response) => {
      response.writeHead(200);
      response.write('x');
      request.socket.on('close', () => {
        gone = true;
      });
    });
    const client = open(webHead('GET', '/'));
    await until(() => client.text.includes('x'));
    client.socket.destroy();
    await until(() => gone);
  });
});
