import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { bytesOf, expectAccepted, expectRefused, webSocket, type Attack } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const pod = (cluster: string) => `/clusters/${cluster}/api/v1/namespaces/dev/pods/web`;
const spdy = [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  'X-Stream-Protocol-Version: portforward.k8s.io',
  'Content-Length: 0',
];
const tunnelled = webSocket.map((line) => line.replace('v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io'));
/** The requests of kubectl cp: an exec of tar, in both directions. */
const copies: [string, string][] = [
  ['out of a pod', 'command=tar&command=cf&command=-&command=%2Fetc%2Fpasswd'],
  ['into a pod', 'command=tar&command=-xmf&command=-&command=-C&command=%2Ftmp&stdin=true'],
  ['of another program', 'command=cat&command=%2Fetc%2Fpasswd'],
];

export function attackCopy(): void {
  describe('A42: if exec is denied', () => {
    it.each(copies)('a copy %s is denied', async (_what, query) => {
      await expectRefused({ target: `${pod('noexec')}/exec?${query}`, lines: webSocket }, 403);
      await expectRefused({ method: 'POST', target: `${pod('noexec')}/exec?${query}`, lines: spdy }, 403);
    });

    it('an attach is denied by the same rule, whichever command it names', async () => {
      await expectRefused({ target: `${pod('noexec')}/attach?command=ls`, lines: webSocket }, 403);
    });

    it('a port-forward is a separate permission, which the policy can deny by itself', async () => {
      const forwards: Attack[] = [
        { target: `${pod('noforward')}/portforward?ports=80`, lines: tunnelled },
        { method: 'POST', target: `${pod('noforward')}/portforward`, lines: spdy },
        { target: `${pod('noforward')}/portforward`, lines: webSocket },
      ];
      for (const attack of forwards) {
        const { event } = await expectRefused(attack, 403, /create pods\/portforward/);
        expect(event.data.sallyport.policyVerb).toBe('create');
      }
      await expectAccepted({ target: `${pod('noforward')}/exec?command=ls`, lines: webSocket }, 101);
      await expectAccepted({ target: `${pod('noexec')}/portforward`, lines: tunnelled }, 101);
    });

    it('the traffic of an allowed one is recorded with its subresource, and counted', async () => {
      const stream = await openRaw(bytesOf({ target: `${pod('noexec')}/portforward`, lines: tunnelled }));
      await eventually('the tunnel', () => stream.text().startsWith('HTTP/1.1 101'));
      stream.socket.write(Buffer.from([0x82, 0x80, 1, 2, 3, 4]));
      stream.socket.end();
      const [closed] = await attackFixture().gateway.audit.await(
        (record) =>
          record.type === 'stream.closed' &&
          record.data.sallyport.cluster?.name === 'noexec' &&
          (record.data.sallyport.bytesIn ?? 0) >= 6,
      );
      expect(closed!.data.objectRef).toMatchObject({
        resource: 'pods',
        subresource: 'portforward',
        namespace: 'dev',
        name: 'web',
      });
      stream.socket.destroy();
    });
  });
}
