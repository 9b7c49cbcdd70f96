import { describe, expect, it } from '@jest/globals';
import { bytesOf, expectRefused, send, type Attack } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** Returns a response without its variable parts. */
const settled = (text: string) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/^date: .*/gim, 'Date');

const both = (path: string, method = 'GET'): [Attack, Attack] => [
  { method, target: `/clusters/dev${path}` },
  { method, target: `/clusters/none${path}` },
];

/** Expects the same response to two requests that differ in the name of the cluster. */
async function expectAlike(authorization: string | undefined, real: Attack, none: Attack): Promise<void> {
  const [one, other] = [
    await send(bytesOf({ ...real, authorization })),
    await send(bytesOf({ ...none, authorization })),
  ];
  expect(one.code).toBeGreaterThanOrEqual(400);
  const unnamed = (text: string) =>
    settled(text)
      .replaceAll(/"(?:dev|none)\\?"/g, 'NAME')
      .replace(/content-length: \d+/i, '');
  expect(unnamed(one.text)).toBe(unnamed(other.text));
}

export function attackCuriosity(): void {
  describe('A47: a client that', () => {
    const who: [string, () => string | undefined][] = [
      ['sends no credential', () => undefined],
      ['sends a wrong one', () => `Bearer spt_${'A'.repeat(43)}`],
      ['sends another scheme', () => 'Basic YTpi'],
    ];
    const asked: [string, Attack, Attack][] = [
      ['a list', { target: '/clusters/dev/api/v1/pods' }, { target: '/clusters/none/api/v1/pods' }],
      ['nothing', { target: '/clusters/dev' }, { target: '/clusters/none' }],
      ['a host', { host: 'dev.k8s.test', target: '/api' }, { host: 'none.k8s.test', target: '/api' }],
      [
        'an exec',
        { target: '/clusters/dev/api/v1/namespaces/a/pods/b/exec' },
        { target: '/clusters/none/api/v1/namespaces/a/pods/b/exec' },
      ],
      ['a bad path', { target: '/clusters/dev/..' }, { target: '/clusters/none/..' }],
      [
        'a bad method',
        { method: 'TRACE', target: '/clusters/dev/api' },
        { method: 'TRACE', target: '/clusters/none/api' },
      ],
    ];
    it.each(
      who.flatMap(([what, authorization]) =>
        asked.map(([thing, real, none]): [string, string, () => string | undefined, Attack, Attack] => [
          what,
          thing,
          authorization,
          real,
          none,
        ]),
      ),
    )(
      '%s learns nothing about which clusters exist by requesting %s',
      async (_what, _thing, authorization, real, none) => {
        await expectAlike(authorization(), real, none);
      },
    );

    it.each([
      ...asked.filter(([, { host }]) => host === undefined),
      ['a kind that only the cluster knows', ...both('/apis/example.com/v1/widgets')] as [string, Attack, Attack],
      ['to delete', ...both('/api/v1/namespaces/a/pods/b', 'DELETE')] as [string, Attack, Attack],
    ])(
      'is logged in, and has nothing on a cluster, learns nothing about whether it exists by requesting %s',
      async (_thing, real, none) => {
        await expectAlike(`Bearer ${attackFixture().tokens.mallory}`, real, none);
      },
    );

    it('is logged in, and has nothing on a cluster, learns nothing from the API and from its own events', async () => {
      const token = attackFixture().tokens.mallory;
      const { gateway } = attackFixture();
      const ask = async (path: string, name: string, body: object) => {
        const headers = { 'content-type': 'application/json' };
        const text = JSON.stringify({ cluster: name, ...body });
        const answer = await gateway.request(`/.sallyport/api/v1/${path}`, {
          method: 'POST',
          token,
          headers,
          body: text,
        });
        return `${answer.status} ${settled(answer.text)}`.replaceAll(name, 'NAME');
      };
      const question = { verb: 'list', resource: 'pods', namespace: 'dev' };
      const widgets = { verb: 'list', resource: 'widgets', apiGroup: 'example.com' };
      for (const body of [question, widgets])
        expect(await ask('policy/explain', 'dev', body)).toBe(await ask('policy/explain', 'none', body));
      const can = { requests: [{ verb: 'list', resource: 'pods' }] };
      expect(await ask('policy/can-i', 'dev', can)).toBe(await ask('policy/can-i', 'none', can));
      const partOf = async (name: string) => {
        await send(bytesOf({ target: `/clusters/${name}/api/v1/nodes/curious`, authorization: `Bearer ${token}` }));
        const [event] = await gateway.audit.await(
          ({ data }) => data.objectRef?.name === 'curious' && data.sallyport.cluster?.name === name,
        );
        const { decision, cluster } = event!.data.sallyport;
        return JSON.stringify([decision, cluster, event!.data.responseStatus]).replaceAll(name, 'NAME');
      };
      expect(await partOf('dev')).toBe(await partOf('none'));
    });

    it('is refused where a rule is about them learns the rule, and not what would have helped', async () => {
      const { status } = await expectRefused(
        {
          authorization: `Bearer ${attackFixture().tokens.alice}`,
          target: '/clusters/readonly/api/v1/namespaces/a/pods/b',
          method: 'DELETE',
        },
        403,
        /policy rule "default-deny" does not allow alice@example.com to delete pods "b" in namespace "a" of cluster "readonly"/,
      );
      expect(status.message).not.toMatch(/developers|sre/);
    });

    it('requests a session of another person gets the response for an unknown session', async () => {
      const [bobs] = (
        await attackFixture().gateway.request('/.sallyport/api/v1/sessions', { token: attackFixture().tokens.bob })
      ).json()['sessions'] as { id: string }[];
      const ask = async (id: string) =>
        (
          await attackFixture().gateway.request(`/.sallyport/api/v1/sessions/${id}`, {
            method: 'DELETE',
            token: attackFixture().tokens.alice,
          })
        ).text;
      expect(await ask(bobs!.id)).toBe(await ask('none'));
      expect(
        (await attackFixture().gateway.request('/.sallyport/me', { token: attackFixture().tokens.bob })).status,
      ).toBe(200);
    });

    it('uses names with escape codes or markup gets them back quoted', async () => {
      const { status } = await expectRefused(
        {
          authorization: `Bearer ${attackFixture().tokens.alice}`,
          target: '/clusters/readonly/api/v1/namespaces/%22%3Cscript%3E/pods/%E2%80%A8x',
          method: 'DELETE',
        },
        403,
      );
      expect(status.message).toContain('\\"<script>');
      expect(status.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
    });
  });
}
