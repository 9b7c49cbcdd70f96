import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, theBed, type TestNamespace } from '../harness/index.ts';
import { bytesOf, expectAccepted, expectRefused, send, type Attack } from './attack.ts';

const secrets = '/api/v1/namespaces/dev/secrets';
const sent = (method: string, path: string, type = 'application/json', body = '{}'): Attack => ({
  method,
  target: path,
  lines: [`Content-Type: ${type}`, `Content-Length: ${body.length}`],
  body,
});
const merge = 'application/merge-patch+json';
/** Each of these is answered with Secrets. */
const answered: [string, Attack][] = [
  ['an empty patch', sent('PATCH', `${secrets}/a`, merge)],
  ['a patch that is only tried', sent('PATCH', `${secrets}/a?dryRun=All`, merge)],
  ['a PUT', sent('PUT', `${secrets}/a`)],
  ['a POST', sent('POST', secrets)],
  ['a delete', { method: 'DELETE', target: `${secrets}/a` }],
  ['a delete of all', { method: 'DELETE', target: secrets }],
  ['a delete of all that is only tried', { method: 'DELETE', target: `${secrets}?dryRun=All` }],
  ['a delete in all namespaces that is only tried', { method: 'DELETE', target: '/api/v1/secrets?dryRun=All' }],
  ['a read', { target: `${secrets}/a` }],
  ['a list', { target: secrets }],
  ['a watch', { target: '/api/v1/watch/secrets' }],
];
const tried = answered.filter(([, { target }]) => target!.includes('dryRun'));
const at = (cluster: string, attack: Attack): Attack => ({ ...attack, target: `/clusters/${cluster}${attack.target}` });

export function attackSecrets(): void {
  describe('S29: Secrets', () => {
    it.each(answered)('do not leave by %s where reads of them are denied', async (_what, attack) => {
      await expectRefused(at('nosecrets', attack), 403);
    });
    it.each(tried)('do not leave by %s where dry runs alone are allowed', async (_what, attack) => {
      await expectRefused(at('tries', attack), 403);
    });
    it('are not what only shares their name', async () => {
      await expectAccepted(at('nosecrets', sent('PATCH', '/apis/example.com/v1/namespaces/dev/secrets/a', merge)));
      await expectAccepted(at('tries', { method: 'DELETE', target: '/api/v1/namespaces/dev/configmaps?dryRun=All' }));
    });
  });

  describe('S29: the real API server', () => {
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace();
      await theBed().cluster!.admin.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a', namespace: namespace.name },
        stringData: { key: 'what-no-attacker-may-read' },
      });
    }, 30_000);
    afterAll(() => namespace?.remove());

    it('answers with them, so that these are refused where reads are denied and where dry runs alone are allowed', async () => {
      const place = `/api/v1/namespaces/${namespace.name}/secrets`;
      const planted = Buffer.from('what-no-attacker-may-read').toString('base64');
      for (const attack of [
        { method: 'DELETE', target: `${place}?dryRun=All` },
        sent('PATCH', `${place}/a`, merge),
        sent('PATCH', `${place}/a?dryRun=All`, merge),
      ]) {
        for (const cluster of ['real-nosecrets', ...(attack.target!.includes('dryRun') ? ['real-tries'] : [])]) {
          const refused = await send(bytesOf(at(cluster, attack)), 5000);
          expect([refused.code, refused.text.includes(planted)]).toEqual([403, false]);
        }
        const allowed = await send(bytesOf(at('real', attack)), 5000);
        expect([allowed.code, allowed.text.includes(planted)]).toEqual([200, true]);
      }
    }, 40_000);
  });
}
