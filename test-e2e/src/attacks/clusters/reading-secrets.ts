import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, type TestNamespace } from '../../harness/index.ts';
import { bytesOf, expectAccepted, expectRefused, send, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const secrets = '/api/v1/namespaces/dev/secrets';
const sent = (method: string, path: string, type = 'application/json', body = '{}'): Attack => ({
  method,
  target: path,
  lines: [`Content-Type: ${type}`, `Content-Length: ${body.length}`],
  body,
});
const merge = 'application/merge-patch+json';
/** The responses to each of these contain Secrets. */
const answered: [string, Attack][] = [
  ['an empty patch', sent('PATCH', `${secrets}/a`, merge)],
  ['a patch as a dry run', sent('PATCH', `${secrets}/a?dryRun=All`, merge)],
  ['a PUT', sent('PUT', `${secrets}/a`)],
  ['a POST', sent('POST', secrets)],
  ['a delete', { method: 'DELETE', target: `${secrets}/a` }],
  ['a delete of all', { method: 'DELETE', target: secrets }],
  ['a delete of all as a dry run', { method: 'DELETE', target: `${secrets}?dryRun=All` }],
  ['a delete in all namespaces as a dry run', { method: 'DELETE', target: '/api/v1/secrets?dryRun=All' }],
  ['a read', { target: `${secrets}/a` }],
  ['a list', { target: secrets }],
  ['a watch', { target: '/api/v1/watch/secrets' }],
];
const tried = answered.filter(([, { target }]) => target!.includes('dryRun'));
const at = (cluster: string, attack: Attack): Attack => ({ ...attack, target: `/clusters/${cluster}${attack.target}` });

export function attackSecrets(): void {
  describe('S29: Secrets', () => {
    it.each(answered)('are not returned by %s if reads of them are denied', async (_what, attack) => {
      await expectRefused(at('nosecrets', attack), 403);
    });
    it.each(tried)('are not returned by %s if only dry runs are allowed', async (_what, attack) => {
      await expectRefused(at('tries', attack), 403);
    });
    it('are not confused with other resources of that name', async () => {
      await expectAccepted(at('nosecrets', sent('PATCH', '/apis/example.com/v1/namespaces/dev/secrets/a', merge)));
      await expectAccepted(at('tries', { method: 'DELETE', target: '/api/v1/namespaces/dev/configmaps?dryRun=All' }));
    });
  });

  describe('S29: the real API server', () => {
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace({ cluster: attackFixture().cluster });
      await attackFixture().cluster.admin.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a', namespace: namespace.name },
        stringData: { key: 'what-no-attacker-may-read' },
      });
    });
    afterAll(() => namespace?.remove());

    it('returns them, so these are refused if reads are denied and if only dry runs are allowed', async () => {
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
    });
  });
}
