import { describe, expect, it } from '@jest/globals';
import { expectRefused, send, watchUpstreams } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const cluster = 'dev.k8s.test';
/** Sends a request with exactly these Host lines, with a cookie or with alice's token. */
const bytes = (target: string, hosts: readonly string[], more: readonly string[] = []) =>
  [
    `GET ${target} HTTP/1.1`,
    ...hosts.map((host) => `Host:${host === '' ? '' : ` ${host}`}`),
    `Authorization: Bearer ${attackFixture().tokens.alice}`,
    ...more,
    'Connection: close',
    '',
    '',
  ].join('\r\n');
const pairs: [string, string[]][] = [
  ['the first empty', ['', cluster]],
  ['the second empty', [cluster, '']],
  ['both empty', ['', '']],
  ['two hosts', ['127.0.0.1', cluster]],
  ['two hosts in the other order', [cluster, '127.0.0.1']],
  ['twice the same', [cluster, cluster]],
  ['three, two of them empty', ['', '', cluster]],
  ['two in one line', [`127.0.0.1, ${cluster}`]],
];

export function attackHosts(): void {
  describe('S31: ambiguous Host lines', () => {
    it.each(pairs)('(%s) do not open a cluster', async (_what, hosts) => {
      await expectRefused(bytes('/api/v1/namespaces/dev/pods', hosts), 400, /Host/);
      await expectRefused(bytes('/clusters/dev/api/v1/namespaces/dev/pods', hosts), 400, /Host/);
    });

    it.each(pairs)('(%s) do not open a page of the gateway or its health check', async (_what, hosts) => {
      for (const target of [
        '/.sallyport/me',
        '/.sallyport/api/v1/clusters',
        '/healthz',
        '/livez',
        '/.pomerium/',
        '/.well-known/pomerium',
      ]) {
        const { event } = await expectRefused(bytes(target, hosts), 400, /Host/);
        expect(event.data.sallyport.cluster?.id ?? '').not.toBe('dev');
      }
    });

    it('are not accepted because of a host in the target', async () => {
      for (const target of [`http://${cluster}/api/v1/pods`, `https://${cluster}/.sallyport/me`]) {
        for (const hosts of [['127.0.0.1'], [cluster], ['', cluster]]) await expectRefused(bytes(target, hosts), 400);
      }
    });

    it('are not accepted for an upgrade or behind another request', async () => {
      const exec = bytes(
        '/api/v1/namespaces/dev/pods/web/exec?command=ls',
        ['', cluster],
        ['Upgrade: websocket', 'Sec-WebSocket-Protocol: v5.channel.k8s.io'],
      ).replace('Connection: close', 'Connection: Upgrade');
      await expectRefused(exec, 400, /Host/);
      const arrived = watchUpstreams();
      const health = bytes('/healthz', ['127.0.0.1']).replace('Connection: close\r\n', '');
      const { text } = await send(health + bytes('/api/v1/pods', ['', cluster]));
      expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code)).toEqual(['200', '400']);
      expect(arrived()).toBe('');
    });
  });
}
