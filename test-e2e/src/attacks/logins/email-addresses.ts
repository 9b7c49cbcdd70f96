import { describe, expect, it } from '@jest/globals';
import { expectNoLogin, loginFixture, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

const unverified: [string, unknown][] = [
  ['false', false],
  ['absent', undefined],
  ['null', null],
  ['the text "true"', 'true'],
  ['1', 1],
  ['the text "false"', 'false'],
  ['a list', [true]],
];
const odd: [string, unknown][] = [
  ['two @', 'alice@example.com@evil.example'],
  ['nothing before the @', '@example.com'],
  ['nothing behind it', 'alice@'],
  ['no @', 'alice'],
  ['a blank', 'alice @example.com'],
  ['a line break', 'alice@example.com\n'],
  ['a list', ['alice@example.com']],
  ['a number', 7],
  ['nothing', ''],
];
/** Addresses that a person or a parser might confuse with alice's. */
const alike: [string, string][] = [
  ['in another case', 'ALICE@EXAMPLE.COM'],
  ['in another case of the domain', 'alice@EXAMPLE.com'],
  ['with a Cyrillic a', '\u0430lice@example.com'],
  ['in full width', '\uff41lice@example.com'],
  ['with a dotless i', 'al\u0131ce@example.com'],
  ['with a tag', 'alice+x@example.com'],
  ['with a dot at the end', 'alice@example.com.'],
  ['decomposed', 'a\u0301lice@example.com'],
  ['of a domain that ends the same', 'alice@evil-example.com'],
  ['of a domain below', 'alice@x.example.com'],
];

export function attackEmails(): void {
  describe('A21: an e-mail address', () => {
    it.each(unverified)('with a verification of %s is refused', async (_what, value) => {
      loginFixture().one.lies = { claims: { email_verified: value } };
      const event = await expectNoLogin(/not verified/);
      expect(event.data.user).toEqual({});
    });

    it.each(odd)('with %s is refused', async (_what, email) => {
      loginFixture().one.lies = { claims: { email } };
      await expectNoLogin(/email address|did not send the claim email|begins or ends/);
    });

    it.each(alike)("that resembles alice's (%s) is not hers", async (_what, email) => {
      loginFixture().one.lies = { claims: { email, sub: `sub-${email}` } };
      const { token, user } = await tokenAt();
      expect(user).toBe(email);
      expect([await statusAt(token, 'mail'), await statusAt(token)]).toEqual([403, 200]);
    });

    it('with an invisible character is refused', async () => {
      const email = 'al\u200bice@example.com';
      loginFixture().one.lies = { claims: { email, sub: `sub-${email}` } };
      await expectNoLogin(/invisible characters/);
    });

    it('that now belongs to another person gives them nothing of its previous owner', async () => {
      const { gateway, one, upstream } = loginFixture();
      const before = await tokenAt();
      one.lies = { claims: { sub: 'sub-the-next' } };
      const after = await tokenAt();
      const sessions = (await gateway.request('/.sallyport/api/v1/sessions', { token: after.token })).json()[
        'sessions'
      ] as { id: string }[];
      expect(sessions.map(({ id }) => id)).toEqual([after.sessionId]);
      expect(
        (
          await gateway.request(`/.sallyport/api/v1/sessions/${before.sessionId}`, {
            method: 'DELETE',
            token: after.token,
          })
        ).status,
      ).toBe(404);
      const from = upstream.requests.length;
      expect([await statusAt(before.token), await statusAt(after.token)]).toEqual([200, 200]);
      const [first, second] = upstream.requests.slice(from).map((request) => request.header('impersonate-uid')[0]);
      expect(first).not.toBe(second);
    });
  });
}
