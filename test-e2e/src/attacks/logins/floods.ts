import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createPlainBrowser, httpRequestOnce } from '../../harness/index.ts';
import { loginFixture } from '../fixtures/login-fixture.ts';

const oob = 'urn:ietf:wg:oauth:2.0:oob';
const inBatches = async (count: number, work: (n: number) => Promise<unknown>) => {
  for (let from = 0; from < count; from += 20)
    await Promise.all(Array.from({ length: Math.min(20, count - from) }, (_, n) => work(from + n)));
};

/** Returns a metric of authenticate by name, summed over all labels. */
async function metric(name: string): Promise<number> {
  const { text } = await httpRequestOnce(
    `http://127.0.0.1:${loginFixture().gateway.adminPorts['authenticate']}/metrics`,
  );
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export function attackPendingLogins(): void {
  describe('S25: a flood of logins', () => {
    it('fills no store and ends no login, and shows in metrics and one event', async () => {
      const { gateway, one } = loginFixture();
      const begin = `${gateway.pagesUrl}/.sallyport/login?provider=one`;
      const victim = createPlainBrowser({ ca: gateway.caPem, leaveAt: `${gateway.pagesUrl}/.sallyport/callback` });
      const { left: back } = await victim.go(begin);
      const before = {
        begun: await metric('sallyport_logins_begun_total'),
        keys: await gateway.redis!.client.dbsize(),
        calls: one.calls.length,
      };
      const floods = gateway.events((record) => record.data.sallyport.aggregated?.cause === 'logins-begun').length;
      await inBatches(900, async () =>
        expect((await httpRequestOnce(begin, { headers: { accept: 'text/html' } })).status).toBe(302),
      );
      expect(await gateway.redis!.client.dbsize()).toBeLessThanOrEqual(before.keys);
      expect(await metric('sallyport_logins_begun_total')).toBeGreaterThanOrEqual(before.begun + 900);
      expect(one.calls.length).toBe(before.calls);
      const home = createPlainBrowser({ ca: gateway.caPem });
      for (const [name, cookie] of victim.jar) home.jar.set(name, cookie);
      expect((await home.go(back!)).answer.status).toBe(200);
      const events = await gateway.audit.await(
        (record) => record.data.sallyport.aggregated?.cause === 'logins-begun',
        floods + 1,
      );
      expect(events.at(-1)!).toMatchObject({
        type: 'login.failed',
        data: { user: {}, sallyport: { aggregated: { count: expect.any(Number) } } },
      });
      expect(
        events.slice(floods).reduce((sum, { data }) => sum + data.sallyport.aggregated!.count, 0),
      ).toBeGreaterThanOrEqual(300);
    });

    it('of invented responses fills no store either', async () => {
      const { gateway } = loginFixture();
      const before = await gateway.redis!.client.dbsize();
      await inBatches(40, async (n) => {
        const { answer: there } = await createPlainBrowser({
          ca: gateway.caPem,
          leaveAt: loginFixture().one.issuer,
        }).go(`${gateway.pagesUrl}/.sallyport/login?provider=one`);
        const state = new URL(String(there.headers['location'])).searchParams.get('state')!;
        const cookie = String([there.headers['set-cookie']].flat()[0]).split(';', 1)[0]!;
        const made = await httpRequestOnce(
          `${gateway.pagesUrl}/.sallyport/callback?code=made-up-${n}&state=${state}&iss=https://evil.example`,
          { headers: { accept: 'text/html', cookie } },
        );
        expect(made.status).toBe(403);
      });
      expect(await gateway.redis!.client.dbsize()).toBeLessThanOrEqual(before);
    });

    it('by a program is limited per address', async () => {
      const { gateway } = loginFixture();
      const statuses = new Map<number, number>();
      await inBatches(320, async (n) => {
        const query = new URLSearchParams({
          redirect_uri: oob,
          state: 'long-enough',
          code_challenge: createHash('sha256').update(String(n)).digest('base64url'),
          code_challenge_method: 'S256',
          provider: 'one',
        });
        const { status } = await gateway.request(`/.sallyport/login?${query.toString()}`, {
          headers: { accept: 'application/json' },
        });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      });
      expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([200, 429]);
      expect(statuses.get(200)).toBeLessThanOrEqual(300);
      const events = await gateway.audit.await(
        (record) => record.data.sallyport.aggregated?.cause === 'logins-refused',
      );
      expect(events[0]!.data.sallyport.aggregated!.count).toBeGreaterThanOrEqual(20);
      expect(await metric('sallyport_logins_limited_total')).toBeGreaterThanOrEqual(20);
    });
  });
}
