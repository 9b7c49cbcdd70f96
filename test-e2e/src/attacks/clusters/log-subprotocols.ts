import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { bytesOf, exec, expectAccepted, expectRefused, pods, spdy, webSocket } from '../fixtures/attack.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const log = `${pods}/web/log?follow=true`;
const offers = (...protocols: string[]) => [
  ...webSocket.slice(0, 4),
  ...protocols.map((protocol) => `Sec-WebSocket-Protocol: ${protocol}`),
];
const realPods = '/clusters/real/api/v1/namespaces/default/pods';

/** The cluster refuses each of these, with an endless response and an open connection. */
const refusals: [string, string][] = [
  ['with a length', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n{'],
  ['in chunks', 'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ['up to the end of the connection', 'HTTP/1.1 403 Forbidden\r\n\r\nrefused'],
];

export function attackLogSubprotocols(): void {
  describe('S42: a log over WebSocket', () => {
    it.each([
      ['v5.channel.k8s.io'],
      ['v4.channel.k8s.io'],
      ['channel.k8s.io'],
      ['base64.channel.k8s.io'],
      ['SPDY/3.1+portforward.k8s.io'],
      ['Binary.k8s.io'],
      ['made.up'],
      ['binary.k8s.io, v5.channel.k8s.io'],
      ['binary.k8s.io', 'v5.channel.k8s.io'],
      ['binary.k8s.io,'],
      [''],
    ])('in the subprotocol %j %j is refused', async (...protocols) => {
      await expectRefused({ target: log, lines: offers(...protocols.filter((one) => one !== undefined)) }, 400);
    });

    it.each([[], ['binary.k8s.io'], ['base64.binary.k8s.io'], ['binary.k8s.io, base64.binary.k8s.io']])(
      'in a subprotocol for logs is forwarded (%j)',
      async (...protocols) => {
        await expectAccepted({ target: log, lines: offers(...protocols.filter((one) => one !== undefined)) }, 101);
      },
    );

    it.each([log, `${pods}?watch=true`])('is not accepted over SPDY, nor is a watch (%s)', async (target) => {
      await expectRefused({ target, lines: spdy.slice(0, 3) }, 400);
    });
  });

  describe('S42: an upgrade that the cluster refuses without ending the response', () => {
    const opened = new Map<string, RawStream>();
    let from: number;
    beforeAll(async () => {
      from = attackFixture().dev.connections.length;
      // The gateway waits for some seconds, so all of them are open at the same time.
      for (const [how, answer] of refusals) {
        attackFixture().dev.answerUpgrade((_request, socket) => {
          socket
            .on('error', () => {})
            .on('end', () => socket.end())
            .resume();
          socket.write(answer);
        });
        const stream = await openRaw(bytesOf({ target: exec, lines: webSocket }));
        opened.set(how, stream);
        await eventually('the answer', () => stream.text().includes('\r\n\r\n'));
      }
    });

    it.each(refusals)('%s is ended by the gateway, on both sides', async (how) => {
      const { dev } = attackFixture();
      const stream = opened.get(how)!;
      await eventually('the end', () => stream.endedAt !== undefined);
      expect(stream.text()).toMatch(/^HTTP\/1\.1 403 /);
      await eventually('the end upstream', () => dev.connections.slice(from).every(({ closed }) => closed));
      stream.socket.destroy();
    });

    it.each([
      ['one foreign', ['v5.channel.k8s.io']],
      ['several', ['v5.channel.k8s.io, v4.channel.k8s.io']],
      ['none', []],
    ])('is not a watch of the real API server (%s)', async (_what, protocols) => {
      const stream = await openRaw(bytesOf({ target: `${realPods}?watch=true`, lines: offers(...protocols) }));
      await eventually('an answer', () => /^HTTP\/1\.1 (101|400|403) /.test(stream.text()));
      if (!stream.text().startsWith('HTTP/1.1 101')) await eventually('the end', () => stream.endedAt !== undefined);
      stream.socket.destroy();
    });
  });
}
