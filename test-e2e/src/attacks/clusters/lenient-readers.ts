import { describe, expect, it } from '@jest/globals';
import { bytesOf, expectAccepted, expectRefused, pods, send } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { eventually } from '../../harness/index.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const say = (bytes: string) =>
  attackFixture().dev.answer((_request, response) => void response.socket!.write(Buffer.from(bytes, 'latin1')));
const proxied = '/clusters/dev/api/v1/namespaces/dev/services/web/proxy';

/** How readers other than the API server, or proxies and caches in front of the gateway, interpret traffic. */
export function attackForeignReaders(): void {
  describe('S34: a path that is a dot segment for readers that remove parameters', () => {
    it.each(['..;', '.;', '..;x=y', '%2e%2e;', '.%2E%3bx', '..%20'])(
      '(%s) is refused, also after a proxy subresource',
      async (segment) => {
        for (const target of [
          `${pods}/${segment}/secrets`,
          `${proxied}/a/${segment}/manager`,
          `/clusters/dev/${segment}/api`,
          `${proxied}/${segment}`,
        ])
          await expectRefused({ target }, 400, /target is refused/);
      },
    );

    it('with a parameter in the name of a namespace is refused', async () => {
      await expectRefused(
        { target: '/clusters/dev/apis/example.com/v1/namespaces/prod;x/things' },
        400,
        /target is refused/,
      );
      const { request } = await expectAccepted({ target: `${proxied}/login;jsessionid=1` });
      expect(request.url).toBe('/api/v1/namespaces/dev/services/web/proxy/login;jsessionid=1');
    });
  });

  describe('S34: a cluster with an HTTP/1.0 response that has a transfer coding', () => {
    it.each([
      ['a read', {}],
      ['a write', { method: 'POST', lines: ['Content-Length: 2'], body: '{}' }],
      [
        'a write with an unfinished body',
        { method: 'POST', lines: ['Transfer-Encoding: chunked'], body: '2\r\n{}\r\n' },
      ],
    ])('(to %s) is not relayed', async (_what, attack) => {
      say('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n');
      const reply = await send(bytesOf(attack), 4000);
      expect(reply.code).toBe(502);
      expect(reply.text).not.toContain('evil');
    });
  });

  describe('S34: a cluster that sends unrequested interim responses', () => {
    it('during a write does not break it, and none of them is relayed', async () => {
      attackFixture().dev.answer((request, response) => {
        response.socket!.write(
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </evil>; rel=preload\r\n\r\n',
        );
        request
          .on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"Pod"}'))
          .resume();
      });
      const stream = await openRaw(
        bytesOf({ method: 'POST', lines: ['Content-Type: application/json', 'Content-Length: 14'], body: '{"kind":' }),
      );
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
      stream.socket.write('"Pod"}');
      await eventually('an answer', () => stream.text().includes('{"kind":"Pod"}') || undefined);
      expect(stream.text()).toMatch(/^HTTP\/1\.1 200 /);
      expect(stream.text()).not.toMatch(/Continue|Early Hints|evil/);
      stream.socket.destroy();
    });

    it('without end is a 502', async () => {
      say('HTTP/1.1 100 Continue\r\n\r\n'.repeat(50));
      expect(
        (await send(bytesOf({ method: 'POST', lines: ['Transfer-Encoding: chunked'], body: '2\r\n{}\r\n' }), 4000))
          .code,
      ).toBe(502);
    });
  });

  describe('S34: an answer that a shared cache could keep for others', () => {
    it.each([
      ['public, max-age=3600', 'max-age=3600, private'],
      ['s-maxage=60', 'private'],
      [undefined, 'private'],
    ])('(%s) is for one person', async (said, kept) => {
      attackFixture().dev.answer((_request, response) =>
        response
          .writeHead(200, {
            'content-type': 'application/json',
            ...(said === undefined ? {} : { 'Cache-Control': said }),
          })
          .end('{"kind":"List"}'),
      );
      const { reply } = await expectAccepted({});
      expect(reply.header('cache-control')).toEqual([kept]);
    });
  });
}
