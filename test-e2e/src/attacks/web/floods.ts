import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { eventually } from '../../harness/index.ts';
import { expectWebAccepted } from '../fixtures/web-attack.ts';
import { originOf, webFixture, webHosts } from '../fixtures/web-fixture.ts';

const requests = 300;

/** Sends anonymous requests to the applications: pages, which lead to the login, and anything else. */
async function flood(): Promise<void> {
  const { gateway } = webFixture();
  const host = new URL(originOf('app')).host;
  const one = (index: number) =>
    gateway.request(`/flood/${index}`, {
      serverName: 'localhost',
      headers: { host, ...(index % 2 === 0 ? { accept: 'text/html' } : {}) },
    });
  for (let sent = 0; sent < requests; sent += 50)
    await Promise.all(Array.from({ length: 50 }, (_none, index) => one(sent + index)));
}

export function attackWebFloods(): void {
  describe('W51: a flood of anonymous requests to an application', () => {
    it('fills no store, ends no session, and is few events with a count in the audit store', async () => {
      const { gateway, cookies } = webFixture();
      const { token } = await gateway.login('carol@example.com');
      const search = async (query: string) =>
        (await gateway.request(`/.sallyport/api/v1/audit?limit=1000&${query}`, { token })).json()[
          'events'
        ] as AuditRecord[];
      await expectWebAccepted({ target: '/kept', cookie: cookies.alice });
      const keys = await gateway.redis!.client.dbsize();
      await flood();
      expect(await gateway.redis!.client.dbsize()).toBeLessThanOrEqual(keys);
      const isFlood = ({ data }: AuditRecord) =>
        data.sallyport.route === originOf('app') && data.user.username === undefined;
      const inStore = await eventually('all of them to be counted', async () => {
        const events = (await search('type=http.request')).filter(isFlood);
        const counted = events.reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0);
        return counted >= requests ? events : undefined;
      });
      // One for each cause and hour. Other attacks have left some too.
      expect(inStore.length).toBeLessThan(20);
      expect((await search('user=alice%40example.com')).some(({ data }) => data.requestURI === '/kept')).toBe(true);
      await expectWebAccepted({ cookie: cookies.alice });
    });

    it('of invented codes fills no store either, and each is refused', async () => {
      const { gateway } = webFixture();
      const keys = await gateway.redis!.client.dbsize();
      const statuses = await Promise.all(
        Array.from({ length: 100 }, async (_none, index) => {
          const { status } = await gateway.request(`/.sallyport/callback?code=${String(index).padStart(43, 'x')}`, {
            serverName: 'localhost',
            headers: { host: webHosts.app, cookie: `__Host-sallyport-begin=${'v'.repeat(43)}` },
          });
          return status;
        }),
      );
      expect(new Set(statuses)).toEqual(new Set([400]));
      expect(await gateway.redis!.client.dbsize()).toBeLessThanOrEqual(keys);
    });

    it('by a person who is logged in ends none of their other sessions, and keeps them out of nothing', async () => {
      const { gateway, browsers, cookies, tokens } = webFixture();
      const way = `${gateway.pagesUrl}/.sallyport/route/${Buffer.from(webHosts.app).toString('base64url')}/${'A'.repeat(43)}/tab`;
      const before = await gateway.redis!.client.dbsize();
      const leaveAt = `${originOf('app')}/.sallyport/callback`;
      for (let round = 0; round < 6; round += 1)
        await Promise.all(Array.from({ length: 50 }, () => browsers.alice.go(way, { leaveAt })));
      // The last 200 codes, their places and a count, for a minute.
      expect((await gateway.redis!.client.dbsize()) - before).toBeLessThanOrEqual(401);
      browsers.alice.jar(webHosts.tool).clear();
      expect((await browsers.alice.go(`${originOf('tool')}/page`)).answer.status).toBe(200);
      await expectWebAccepted({ cookie: cookies.alice });
      expect((await gateway.request('/.sallyport/me', { token: tokens.alice })).status).toBe(200);
    });
  });
}
