import { describe, expect, it } from '@jest/globals';
import { eventOf, expectAccepted, expectRefused, type Attack } from '../fixtures/attack.ts';

const sent = (method: string, path: string, type = 'application/json'): Attack => ({
  method,
  target: `/clusters/noshell${path}`,
  lines: [`Content-Type: ${type}`, 'Content-Length: 2'],
  body: '{}',
});
const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
/** Everything that mints a credential, apart from what gives a shell. */
const minting: [string, Attack][] = [
  ['a token of a ServiceAccount', sent('POST', '/api/v1/namespaces/dev/serviceaccounts/default/token')],
  ['a request for a certificate', sent('POST', requests)],
  ['an applied one', sent('PATCH', `${requests}/a`, 'application/apply-patch+yaml')],
  ['an approval', sent('PUT', `${requests}/a/approval`)],
  ['an approval by patch', sent('PATCH', `${requests}/a/approval`, 'application/merge-patch+json')],
  [
    "a request for a pod's certificate",
    sent('POST', '/apis/certificates.k8s.io/v1beta1/namespaces/dev/podcertificaterequests'),
  ],
];

export function attackMinting(): void {
  describe('S30: credentials, under a policy that denies k8s/shell_equivalent', () => {
    it.each(minting)('are not minted by %s', async (_what, attack) => {
      const { event } = await expectRefused(attack, 403, /noshell\[1\]/);
      expect(event.data.sallyport.decision?.reasons).toContain('k8s-shell-equivalent-ok');
    });

    it('are not confused with reads of certificate requests', async () => {
      const { request } = await expectAccepted({ target: `/clusters/noshell${requests}` });
      expect((await eventOf(request.header('audit-id')[0])).data.verb).toBe('list');
      await expectAccepted(sent('PATCH', `${requests}/a`, 'application/merge-patch+json'));
    });
  });
}
