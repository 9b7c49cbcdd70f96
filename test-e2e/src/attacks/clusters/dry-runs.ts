import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNamespace, type TestNamespace } from '../../harness/index.ts';
import { bytesOf, eventOf, expectAccepted, expectRefused, pods, send, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const options = '{"kind":"DeleteOptions","apiVersion":"v1"}';
const framed: [string, string[], string][] = [
  ['with a length', ['Content-Type: application/json', `Content-Length: ${options.length}`], options],
  [
    'in chunks',
    ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    `${options.length.toString(16)}\r\n${options}\r\n0\r\n\r\n`,
  ],
];
let namespace: TestNamespace;
const thing = () => `/api/v1/namespaces/${namespace.name}/configmaps/thing`;

async function make(): Promise<void> {
  await attackFixture().cluster.admin.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'thing', namespace: namespace.name },
  });
}
const isThere = async () =>
  (await attackFixture().cluster.admin.tryKubectl(['get', 'configmap', 'thing', '-n', namespace.name])).code === 0;
const ask = async (attack: Attack) => {
  const reply = await send(bytesOf(attack), 4000);
  return { reply, event: await eventOf(reply.header('audit-id')[0]) };
};

export function attackDryRuns(): void {
  describe('A46: a delete that pretends to be a dry run', () => {
    it.each(framed)('with options in its body (%s) is treated as a real delete', async (_how, lines, body) => {
      const { request } = await expectAccepted({ method: 'DELETE', target: `${pods}/web?dryRun=All`, lines, body });
      expect((await eventOf(request.header('audit-id')[0])).data).toMatchObject({
        verb: 'delete',
        sallyport: { policyVerb: 'delete' },
      });
      for (const cluster of ['readonly', 'tries'])
        await expectRefused(
          { method: 'DELETE', target: `/clusters/${cluster}/api/v1/namespaces/dev/pods/web?dryRun=All`, lines, body },
          403,
        );
      await expectRefused(
        { method: 'DELETE', target: '/clusters/tries/api/v1/namespaces/dev/pods?dryRun=All', lines, body },
        403,
      );
    });

    it('with a repeated, differently cased or misspelled parameter is not a dry run', async () => {
      for (const query of [
        'dryRun=all',
        'dryRun=',
        'dryRun=true',
        'dryrun=All',
        'dryRun=All%20',
        'dryRun=All,All',
        'x=dryRun%3DAll',
      ])
        await expectRefused(
          { method: 'DELETE', target: `/clusters/tries/api/v1/namespaces/dev/pods/web?${query}` },
          403,
        );
      await expectRefused(
        { method: 'DELETE', target: '/clusters/tries/api/v1/namespaces/dev/pods/web?dryRun=All&dryRun=All' },
        400,
      );
      await expectRefused({ target: '/clusters/tries/api/v1/namespaces/dev/pods/web?dryRun=All' }, 403);
    });
  });

  describe('A46: the real API server', () => {
    beforeAll(async () => {
      namespace = await createNamespace({ cluster: attackFixture().cluster });
    });
    afterAll(() => namespace?.remove());

    it.each(framed)(
      'executes a delete with dryRun=All and a body (%s), so it is refused if only dry runs are allowed',
      async (_how, lines, body) => {
        await make();
        const attack = (cluster: string): Attack => ({
          method: 'DELETE',
          target: `/clusters/${cluster}${thing()}?dryRun=All`,
          lines,
          body,
        });
        const refused = await ask(attack('real-tries'));
        expect([refused.reply.code, refused.event.data.sallyport.decision?.effect, await isThere()]).toEqual([
          403,
          'deny',
          true,
        ]);
        const allowed = await ask(attack('real'));
        expect([allowed.reply.code, allowed.event.data.sallyport.policyVerb, await isThere()]).toEqual([
          200,
          'delete',
          false,
        ]);
      },
    );

    it('only tries it without a body, which such a policy allows', async () => {
      await make();
      const { reply, event } = await ask({ method: 'DELETE', target: `/clusters/real-tries${thing()}?dryRun=All` });
      expect([reply.code, event.data.sallyport.decision?.effect, await isThere()]).toEqual([200, 'allow', true]);
    });
  });
}
