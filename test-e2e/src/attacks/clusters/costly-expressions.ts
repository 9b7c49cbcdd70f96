import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectRefused, webSocket, type Attack } from '../fixtures/attack.ts';

const cluster = '/clusters/noprogram/api/v1/namespaces/dev/pods';
const padded = (count: number, part: string) => part.repeat(count);
/** Each of them makes the rule's expression exceed its cost limit. */
const large: [string, Attack][] = [
  [
    'an exec with a padded command',
    { target: `${cluster}/web/exec?${padded(900, 'command=a/b/c/d&')}command=/etc/passwd`, lines: webSocket },
  ],
  [
    'a label selector with thousands of terms',
    { target: `${cluster}?labelSelector=${padded(3000, 'a%3Db,')}env%3Dprod` },
  ],
  [
    'a path with thousands of slashes',
    { target: `/clusters/noprogram/api/v1/namespaces/dev/services/web/proxy${padded(3000, '/a-b')}/secret` },
  ],
];
/** The same requests without the padding. */
const small: [string, Attack][] = [
  ['an exec', { target: `${cluster}/web/exec?command=/etc/passwd`, lines: webSocket }],
  ['a label selector', { target: `${cluster}?labelSelector=env%3Dprod` }],
  ['a path', { target: '/clusters/noprogram/api/v1/namespaces/dev/services/web/proxy/secret' }],
];

export function attackExpressions(): void {
  describe('S19: an expression that denies', () => {
    it.each(small)('applies to %s', async (_what, attack) => {
      const { event } = await expectRefused(attack, 403);
      expect(event.data.sallyport.decision).toMatchObject({ effect: 'deny', reasons: ['expression-ok'] });
    });

    it.each(large)('is not bypassed by %s', async (_what, attack) => {
      const { event } = await expectRefused(attack, 403);
      expect(event.data.sallyport.decision).toMatchObject({ effect: 'deny', reasons: ['expression-error'] });
    });

    it('does not affect other requests', async () => {
      await expectAccepted({ target: `${cluster}/web` });
    });
  });
}
