import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { loginFixture, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

const ofSameName = { sub: 'the-same-subject', email: 'alice@example.com', groups: ['developers'] };

async function both(): Promise<[Awaited<ReturnType<typeof tokenAt>>, Awaited<ReturnType<typeof tokenAt>>]> {
  const { one, two } = loginFixture();
  one.lies = { claims: ofSameName };
  two.lies = { claims: ofSameName };
  return [await tokenAt('one'), await tokenAt('two')];
}

export function attackNamesakes(): void {
  describe('A36: two people with the same subject and address from two providers', () => {
    it('see and end only their own sessions', async () => {
      const { gateway } = loginFixture();
      const [first, second] = await both();
      const ids = async (token: string) =>
        ((await gateway.request('/.sallyport/api/v1/sessions', { token })).json()['sessions'] as { id: string }[]).map(
          ({ id }) => id,
        );
      expect(await ids(first.token)).toContain(first.sessionId);
      expect(await ids(first.token)).not.toContain(second.sessionId);
      expect(await ids(second.token)).not.toContain(first.sessionId);
      expect(
        (
          await gateway.request(`/.sallyport/api/v1/sessions/${second.sessionId}`, {
            method: 'DELETE',
            token: first.token,
          })
        ).status,
      ).toBe(404);
      expect(await statusAt(second.token)).toBe(200);
    });

    it('are different at the cluster, by their uid, and in the events, by their issuer', async () => {
      const { upstream, gateway, one, two } = loginFixture();
      const [first, second] = await both();
      const from = upstream.requests.length;
      await statusAt(first.token);
      await statusAt(second.token);
      const [a, b] = upstream.requests.slice(from);
      expect(a!.header('impersonate-user')).toEqual(b!.header('impersonate-user'));
      expect(a!.header('impersonate-uid')).not.toEqual(b!.header('impersonate-uid'));
      const issuers = await Promise.all(
        [a!, b!].map(
          async (request) =>
            (await gateway.audit.await({ auditID: request.header('audit-id')[0]!, stage: 'ResponseComplete' }))[0]!.data
              .sallyport.identity?.iss,
        ),
      );
      expect(issuers).toEqual([one.issuer, two.issuer]);
    });

    it('log out separately', async () => {
      const { gateway } = loginFixture();
      const [first, second] = await both();
      expect((await gateway.request('/.sallyport/logout', { method: 'POST', token: first.token })).status).toBe(204);
      await eventually('one to be logged out', async () => (await statusAt(first.token)) === 401);
      expect(await statusAt(second.token)).toBe(200);
    });
  });

  describe('A36: two clusters with the same names in them', () => {
    it('are different for the policy: what is allowed on one is not allowed on the other', async () => {
      const { one } = loginFixture();
      one.lies = { claims: { email: 'carol@example.com', sub: 'carol' } };
      const { token } = await tokenAt();
      expect([await statusAt(token, 'dev'), await statusAt(token, 'mail'), await statusAt(token, 'dev')]).toEqual([
        200, 403, 200,
      ]);
    });

    it('are different in the events, whose keys distinguish them', async () => {
      const { gateway } = loginFixture();
      const { token, sessionId } = await tokenAt();
      for (const cluster of ['dev', 'mail']) expect(await statusAt(token, cluster)).toBe(200);
      const events = await gateway.audit.await(
        (record) =>
          record.type === 'k8s.request' &&
          record.data.stage === 'ResponseComplete' &&
          record.data.sallyport.sessionId === sessionId,
        2,
      );
      expect(new Set(events.map(({ key }) => key)).size).toBe(2);
      expect(events.map(({ data }) => data.sallyport.cluster?.name)).toEqual(expect.arrayContaining(['dev', 'mail']));
    });
  });
}
