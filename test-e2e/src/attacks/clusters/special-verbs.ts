import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectRefused, spdy, type Attack } from '../fixtures/attack.ts';

const body = '{}';
const written = ['Content-Type: application/json', `Content-Length: ${body.length}`];
const writes: [string, Attack][] = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].flatMap((method): [string, Attack][] =>
  [
    'apis/example.com/v1/watch/widgets',
    'apis/example.com/v1/watch/namespaces/dev/widgets/w',
    'api/v1/watch/namespaces/dev/pods',
    'apis/example.com/v1/proxy/widgets/w',
    'api/v1/proxy/namespaces/dev/pods/web',
    'api/v1/proxy/nodes/n/run/dev/web/c',
    'api/v1/%77atch/pods',
  ].map((path) => [`${method} ${path}`, { method, target: path, lines: written, body }]),
);
const watchers = (attack: Attack, cluster: string): Attack => ({
  ...attack,
  target: `/clusters/${cluster}/${attack.target}`,
});

export function attackSpecialVerbs(): void {
  describe('S24: if the path names the verb', () => {
    it.each(writes)(
      '%s is refused, under a policy of reads and under one that allows everything',
      async (_what, attack) => {
        for (const cluster of ['watchers', 'dev']) {
          const { event } = await expectRefused(watchers(attack, cluster), 405, /only GET and HEAD/);
          expect(event.data.sallyport.request).toMatchObject({ method: attack.method });
        }
      },
    );

    it('an upgrade by POST is refused', async () => {
      await expectRefused(
        { method: 'POST', target: '/clusters/dev/api/v1/proxy/nodes/n/portForward/dev/web', lines: spdy },
        405,
      );
    });

    it('a read is not refused', async () => {
      await expectAccepted({ target: '/clusters/watchers/apis/example.com/v1/watch/namespaces/dev/widgets' });
      await expectAccepted({ target: '/clusters/dev/api/v1/proxy/namespaces/dev/services/web' });
      await expectAccepted({
        method: 'POST',
        target: '/clusters/dev/apis/example.com/v1/namespaces/watch/widgets',
        lines: written,
        body,
      });
    });
  });
}
