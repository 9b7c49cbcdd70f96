import { describe, expect, it } from '@jest/globals';
import { bytesOf, expectRefused, send, type Attack } from './attack.ts';
import { attackFixture } from './attack-fixture.ts';

/** Returns a response without its variable parts. */
const settled = (text: string) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/Date: .*/g, 'Date');

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
        const [one, other] = [
          await send(bytesOf({ ...real, authorization: authorization() })),
          await send(bytesOf({ ...none, authorization: authorization() })),
        ];
        expect(one.code).toBeGreaterThanOrEqual(400);
        expect(settled(one.text)).toBe(settled(other.text));
      },
    );

    it('is refused learns the rule, its criteria and their own values, but not what would have helped', async () => {
      const { status } = await expectRefused(
        { authorization: `Bearer ${attackFixture().tokens.mallory}` },
        403,
        /policy rule "default-deny" does not allow mallory@example.com to list pods in namespace "dev" of cluster "dev"/,
      );
      expect(status.message).toContain('you are not in any group');
      expect(status.message).not.toMatch(/developers|sre|alice/);
      const bob = await expectRefused(
        { authorization: `Bearer ${attackFixture().tokens.bob}` },
        403,
        /your groups: "sre"/,
      );
      expect(bob.status.message).not.toContain('developers');
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
          authorization: `Bearer ${attackFixture().tokens.mallory}`,
          target: '/clusters/dev/api/v1/namespaces/%22%3Cscript%3E/pods/%E2%80%A8x',
        },
        403,
      );
      expect(status.message).toContain('\\"<script>');
      expect(status.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
    });
  });
}
