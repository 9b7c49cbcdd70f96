import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { expectNoLogin, loginFixture, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

const victim = 'victim@example.com';
type Documents = { claims?: Record<string, unknown>; userInfo?: Record<string, unknown> };

/** Returns the users that the cluster has seen since `from`. */
const namesSince = (from: number) => [
  ...new Set(
    loginFixture()
      .upstream.requests.slice(from)
      .flatMap((request) => request.header('impersonate-user')),
  ),
];

/** Changes the claims of the provider. Expects the session to end, and no other name to reach the cluster before that. */
async function endsAfter(lies: object): Promise<void> {
  const { gateway, three, upstream } = loginFixture();
  const { token, sessionId } = await tokenAt('three');
  const from = upstream.requests.length;
  expect(await statusAt(token)).toBe(200);
  three.lies = lies;
  await eventually('the end of the session', async () => (await statusAt(token)) === 401);
  expect(namesSince(from)).toEqual(['alice@example.com']);
  const [ended] = await gateway.audit.await(
    (record) => record.type === 'session.ended' && record.data.sallyport.sessionId === sessionId,
  );
  expect(ended!.data.responseStatus?.message).toBe('changed');
}

export function attackStatements(): void {
  describe('S17: an address and its verification', () => {
    it.each<[string, Documents]>([
      [
        'the address in the id_token, the verification in UserInfo',
        { claims: { email: victim, email_verified: undefined }, userInfo: { email_verified: true } },
      ],
      [
        'the verification in the id_token, the address in UserInfo',
        { claims: { email: undefined }, userInfo: { email: victim } },
      ],
      [
        'a denial in the id_token',
        { claims: { email: victim, email_verified: false }, userInfo: { email: victim, email_verified: true } },
      ],
    ])('are not combined at a login: %s', async (_what, documents) => {
      loginFixture().three.lies = documents;
      await expectNoLogin(/not verified|separately/, 'three');
    });

    it.each<[string, object]>([
      ['a new address in UserInfo alone', { noIdTokenAtRefresh: true, userInfo: { email: victim } }],
      ['a denial in UserInfo alone', { noIdTokenAtRefresh: true, userInfo: { email_verified: false } }],
      [
        'a new address in the id_token, the verification in UserInfo',
        { claims: { email: victim, email_verified: undefined }, userInfo: { email_verified: true } },
      ],
    ])('are not combined at a refresh: %s', async (_what, lies) => {
      await endsAfter(lies);
    });

    it('change together, and groups and authentication strength come from the same document', async () => {
      const { three, upstream } = loginFixture();
      three.lies = { userInfo: { acr: 'gold', _claim_names: { groups: 'elsewhere' } } };
      const { token } = await tokenAt('three');
      three.lies = {
        noIdTokenAtRefresh: true,
        userInfo: { email: 'alice@example.org', email_verified: true, acr: 'gold' },
      };
      await eventually('the new name at the cluster', async () => {
        const from = upstream.requests.length;
        expect(await statusAt(token)).toBe(200);
        return namesSince(from).includes('alice@example.org');
      });
      expect(upstream.requests.at(-1)!.header('impersonate-group')).toEqual(['developers']);
    });
  });
}
