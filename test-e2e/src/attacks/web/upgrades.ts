import { describe, expect, it } from '@jest/globals';
import { acceptUpgrade, refuseUpgrade } from '../../harness/index.ts';
import {
  arrives,
  expectWebAccepted,
  expectWebRefused,
  expectWebUnparsable,
  sendWeb,
  webBytes,
  webSocketLines,
  type WebAttack,
} from '../fixtures/web-attack.ts';
import { webFixture } from '../fixtures/web-fixture.ts';

const upgradeTo = (protocol: string, ...lines: string[]) => ['Connection: Upgrade', `Upgrade: ${protocol}`, ...lines];
const refused: [string, WebAttack][] = [
  ['to h2c', { lines: upgradeTo('h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__') }],
  ['to h2c beside a WebSocket', { lines: upgradeTo('websocket, h2c') }],
  ['to TLS', { lines: upgradeTo('TLS/1.2') }],
  ['to SPDY, which is for clusters', { lines: upgradeTo('SPDY/3.1') }],
  ['to an unknown protocol', { lines: upgradeTo('x-tunnel') }],
  ['to two protocols on two lines', { lines: [...webSocketLines, 'Upgrade: h2c'] }],
  ['by POST', { method: 'POST', lines: [...webSocketLines, 'Content-Length: 0'] }],
  ['with a body', { lines: [...webSocketLines, 'Content-Length: 5'], body: 'hello' }],
  ['with bytes behind its head', { lines: webSocketLines, body: 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n' }],
  ['that Connection does not name', { lines: ['Connection: keep-alive', 'Upgrade: websocket'] }],
];

export function attackWebUpgrades(): void {
  describe('W13: an upgrade', () => {
    it.each(refused)('%s is refused', async (_what, attack) => {
      await expectWebRefused(attack, 400, { effect: arrives });
    });

    it('in HTTP/1.0 is refused', async () => {
      await expectWebRefused({ version: 'HTTP/1.0', lines: webSocketLines }, 400);
    });

    it.each(['evil.example:443', 'app.example.test:443', '/page'])('by CONNECT %s is refused', async (target) => {
      const before = webFixture().app.requests.length;
      const reply = await sendWeb(webBytes({ method: 'CONNECT', target }));
      expect([400, 405]).toContain(reply.code);
      expect(webFixture().app.requests).toHaveLength(before);
    });

    it('to HTTP/2 by its preface is not HTTP', () =>
      expectWebUnparsable({ method: 'PRI', target: '*', version: 'HTTP/2.0' }));
  });

  describe('W13: an application that', () => {
    it('switches to another protocol than the one that was asked for is not reached', async () => {
      webFixture().app.answerUpgrade((request, socket) => {
        request.headers.upgrade = 'h2c';
        acceptUpgrade(request, socket);
        socket.write('planted');
      });
      const reply = await sendWeb(webBytes({ lines: webSocketLines }));
      expect(reply.code).toBe(502);
      expect(reply.text).not.toContain('planted');
    });

    it('switches protocols without being asked gets a 502 at once, and no tunnel', async () => {
      webFixture().app.answer((_request, response) => {
        response.socket!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nplanted');
      });
      for (const attack of [{}, { method: 'POST', lines: ['Content-Length: 2'], body: '{}' }]) {
        const began = Date.now();
        const reply = await sendWeb(webBytes(attack), 60_000);
        expect([reply.code, reply.text.includes('planted')]).toEqual([502, false]);
        expect(Date.now() - began).toBeLessThan(30_000);
      }
    });

    it('refuses a WebSocket and keeps the connection gets nothing more on it', async () => {
      webFixture().app.answerUpgrade((_request, socket) => refuseUpgrade(socket, 403, {}, '{"kind":"no"}'));
      const second = webBytes({ target: '/second' });
      const before = webFixture().app.requests.length;
      const reply = await sendWeb(webBytes({ lines: webSocketLines }));
      expect([reply.code, reply.closed]).toEqual([403, true]);
      const both = await sendWeb(webBytes({ lines: webSocketLines }) + second);
      expect(both.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
      expect(
        webFixture()
          .app.requests.slice(before)
          .map(({ url }) => url),
      ).toEqual(['/page']);
    });

    it('gets the next plain request on a connection of its own', async () => {
      const tunnel = await expectWebAccepted({ lines: webSocketLines }, 101);
      const plain = await expectWebAccepted({});
      expect(plain.request.connection).not.toBe(tunnel.request.connection);
    });
  });
}
