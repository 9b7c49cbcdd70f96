import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  dialRaw,
  eventually,
  realClusterAccess,
  startGateway,
  startPod,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';

const targets: [string, string][] = [
  ['log', 'pods/web/log?follow=true'],
  ['exec', 'pods/web/exec?command=cat&stdin=true&stdout=true'],
  ['attach', 'pods/web/attach?stdin=true&stdout=true'],
  ['port-forward', 'pods/web/portforward?ports=80'],
  ['watch', 'pods?watch=true'],
];
const offers = [
  undefined,
  'made.up',
  'made.up, other.made.up',
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'binary.k8s.io',
  'made.up, v5.channel.k8s.io',
  'made.up, v4.channel.k8s.io',
  'v5.channel.k8s.io, binary.k8s.io',
  'SPDY/3.1+portforward.k8s.io',
  '',
];

describeWith(['node'], 'a WebSocket to a real pod, whatever subprotocol it offers', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let token: string;
  beforeAll(async () => {
    gateway = await startGateway({ mode: 'embedded', clusters: [await realClusterAccess()] });
    namespace = await createNamespace();
    await startPod(namespace.name, 'web', 'while true; do echo tick; sleep 0.2; done', { stdin: true });
    token = (await gateway.login('alice@example.com')).token;
  });
  afterAll(async () => {
    await namespace?.remove();
    await gateway?.stop();
  });

  describe.each(targets)('%s', (kind, target) => {
    it.each(offers)('is either open or closed (%j)', async (protocols) => {
      const socket = await dialRaw(gateway.url, gateway.caPem);
      let text = '';
      let over = false;
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      for (const event of ['end', 'close'])
        socket.on(event, () => {
          over = true;
        });
      socket.write(
        [
          `GET /clusters/dev/api/v1/namespaces/${namespace.name}/${target} HTTP/1.1`,
          'Host: 127.0.0.1',
          `Authorization: Bearer ${token}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
          'Sec-WebSocket-Version: 13',
          ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
          '',
          '',
        ].join('\r\n'),
      );
      await eventually(
        'an answer',
        () => /^HTTP\/1\.1 \d/.test(text),
        undefined,
        () => `${kind} ${protocols}: ${text.slice(0, 200)}`,
      );
      const code = Number(/^HTTP\/1\.1 (\d+)/.exec(text)![1]);
      if (code !== 101)
        await eventually(
          'the end',
          () => over,
          undefined,
          () => text.slice(0, 200),
        );
      if (kind === 'log') expect(code).toBe(protocols === undefined || protocols === 'binary.k8s.io' ? 101 : 400);
      socket.destroy();
      await eventually(
        'nothing to be open',
        async () =>
          (
            JSON.parse((await gateway.request('/.sallyport/api/v1/streams', { token })).text) as {
              streams: unknown[];
            }
          ).streams.length === 0,
        undefined,
        () => `${kind} ${protocols}: ${text.slice(0, 200)}`,
      );
    });
  });
});
