import { describe, expect, it } from '@jest/globals';
import { bytesOf, pods, send } from '../fixtures/attack.ts';
import { attackFixture, stored } from '../fixtures/attack-fixture.ts';

const ask = (token: string, object: string) =>
  send(bytesOf({ target: `${pods}/${object}`, authorization: `Bearer ${token}` }), 6000);

export function attackRaces(): void {
  describe('S10: a session that ends while its requests are being authorized', () => {
    it('allows nothing that was requested after its end was confirmed, whichever batch authorizes it', async () => {
      const { gateway, dev } = attackFixture();
      for (let round = 0; round < 4; round += 1) {
        const { token, sessionId } = await gateway.login('alice@example.com');
        let ended = false;
        const after: string[] = [];
        const flood = Array.from({ length: 12 }, async (_none, lane) => {
          for (let [turn, late] = [0, 0]; late < 3; turn += 1) {
            const object = `race-${round}-${lane}-${turn}`;
            if (ended) {
              after.push(object);
              late += 1;
            }
            await ask(token, object);
          }
        });
        await new Promise((resolve) => {
          setTimeout(resolve, 60);
        });
        expect(
          (
            await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
              method: 'DELETE',
              token: attackFixture().tokens.alice,
            })
          ).status,
        ).toBe(204);
        ended = true;
        await Promise.all(flood);
        expect(dev.requests.filter(({ url }) => after.some((object) => url.endsWith(`/${object}`)))).toEqual([]);
      }
    });

    it('is not revived by its own use, by pending renewals or by a refresh of its idle time', async () => {
      const { gateway } = attackFixture();
      const { token, sessionId } = await gateway.login('alice@example.com');
      const use = Promise.all(Array.from({ length: 60 }, (_none, index) => ask(token, `renew-${index}`)));
      await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
        method: 'DELETE',
        token: attackFixture().tokens.alice,
      });
      await use;
      for (let turn = 0; turn < 5; turn += 1) {
        expect((await ask(token, 'dead')).code).toBe(401);
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
      }
      const listed = (
        await gateway.request('/.sallyport/api/v1/sessions?all=true', { token: attackFixture().tokens.bob })
      ).json()['sessions'] as { id: string }[];
      expect(listed.some(({ id }) => id === sessionId)).toBe(false);
      // Redis only contains its tombstone, and neither the session nor its idle time.
      const kept = await gateway.redis!.client.hgetall(`sallyport:{${stored(token)}}:session`);
      expect(Object.keys(kept).toSorted()).toEqual(['expiresAt', 'id', 'revoked']);
    });

    it('ends for all concurrent users at once, and twenty concurrent revocations end it once', async () => {
      const { gateway } = attackFixture();
      const { token, sessionId } = await gateway.login('alice@example.com');
      const ends = await Promise.all(
        Array.from({ length: 20 }, () =>
          gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
            method: 'DELETE',
            token: attackFixture().tokens.alice,
          }),
        ),
      );
      expect(ends.map(({ status }) => status).filter((status) => status !== 204 && status !== 404)).toEqual([]);
      expect((await ask(token, 'gone')).code).toBe(401);
      const revoked = await gateway.audit.await(
        (record) => record.type === 'session.revoked' && record.data.sallyport.sessionId === sessionId,
      );
      expect(revoked).toHaveLength(1);
    });
  });
}
