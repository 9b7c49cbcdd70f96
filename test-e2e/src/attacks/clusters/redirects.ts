import { describe, expect, it } from '@jest/globals';
import { refuseUpgrade } from '../../harness/index.ts';
import { bytesOf, exec, expectAccepted, pods, send, webSocket } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

export function attackRedirects(): void {
  describe('A14: a redirect by the cluster', () => {
    it.each([300, 301, 302, 303, 305, 307, 308])('%d is relayed unchanged and never followed', async (status) => {
      const { dev, prod } = attackFixture();
      const location = `${prod.url}/api/v1/secrets`;
      dev.answer((_request, response) =>
        response.writeHead(status, { location, 'content-type': 'application/json' }).end('{}'),
      );
      const { reply } = await expectAccepted({ target: `${pods}/web/proxy/` }, status);
      expect(reply.header('location')).toEqual([location]);
      expect(prod.connections).toEqual([]);
    });

    it('of a write with a body is not followed with the body', async () => {
      const { dev, prod } = attackFixture();
      dev.answer((request, response) =>
        request
          .resume()
          .on('end', () =>
            response.writeHead(307, { location: `${prod.url}/x`, 'content-type': 'application/json' }).end('{}'),
          ),
      );
      await expectAccepted({ method: 'POST', lines: ['Content-Length: 2'], body: '{}' }, 307);
      expect(prod.connections).toEqual([]);
    });

    it.each([302, 307])('of an exec (%d) is not followed', async (status) => {
      const { dev, prod } = attackFixture();
      dev.answerUpgrade((_request, socket) => refuseUpgrade(socket, status, { Location: `${prod.url}/exec` }, '{}'));
      const reply = await send(bytesOf({ target: exec, lines: webSocket }));
      expect(reply.code).toBe(status);
      expect(reply.header('location')).toEqual([`${prod.url}/exec`]);
      expect(prod.connections).toEqual([]);
    });

    it('by a 1xx or Refresh header is not followed either', async () => {
      const { dev, prod } = attackFixture();
      dev.answer((_request, response) => {
        response.writeEarlyHints({ link: `<${prod.url}/x>; rel=preload` });
        response
          .writeHead(200, {
            refresh: `0;url=${prod.url}`,
            'alt-svc': `h2="${prod.url}"`,
            'content-type': 'application/json',
          })
          .end('{}');
      });
      const { reply } = await expectAccepted({});
      expect(reply.text).not.toMatch(/HTTP\/1\.1 103|alt-svc/i);
      expect(prod.connections).toEqual([]);
    });
  });
}
