import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@sallyport/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { eventually, startGateway, type Gateway } from '../../harness/index.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** So few that a test fills the quota many times. */
const quotas = { keep: 50, keepAnonymous: isFullRun ? 20 : 5 };
const requests = isFullRun ? 1500 : 300;

/** Sends anonymous requests with several causes over many connections. */
async function flood(gateway: Gateway): Promise<void> {
  const one = (index: number) =>
    [
      () => gateway.request(`/clusters/dev/api/v1/namespaces/n${index}/pods`),
      () =>
        gateway.request(`/clusters/dev/api/v1/pods?limit=${index}`, {
          token: `spt_${String(index).padStart(43, 'x')}`,
        }),
      () => gateway.request(`/clusters/none-${index}/api`),
      () => gateway.request(`/.sallyport/api/v1/audit?limit=${index}`),
    ][index % 4]!();
  for (let sent = 0; sent < requests; sent += 50)
    await Promise.all(Array.from({ length: 50 }, (_none, index) => one(sent + index)));
}

export function attackTrailByFlood(): void {
  describe('S22: anonymous requests that push the events of others out', () => {
    let gateway: Gateway;
    let token: string;
    const search = async (query: string) =>
      (await gateway.request(`/.sallyport/api/v1/audit?${query}`, { token })).json()['events'] as AuditRecord[];

    beforeAll(async () => {
      gateway = await startGateway({
        mode: 'embedded',
        clusters: [attackFixture().dev.access],
        audit: quotas,
        apiPolicy: { audit: [{ allow: { and: [{ groups: 'developers' }] } }] },
      });
      ({ token } = await gateway.login('alice@example.com'));
    });
    afterAll(() => gateway?.stop());

    it('displaces no event of a logged-in person, and counts the rest', async () => {
      expect((await gateway.request('/clusters/dev/api/v1/namespaces/kept/pods', { token })).status).toBe(200);
      await eventually('the events of alice', async () =>
        (await search('user=alice%40example.com&namespace=kept')).length === 2 ? true : undefined,
      );
      await flood(gateway);
      const counted = (events: readonly AuditRecord[]) =>
        events.reduce((sum, { data }) => sum + (data.sallyport.aggregated?.count ?? 1), 0);
      const anonymous = await eventually('every request to be counted', async () => {
        const events = (await search('since=2026-01-01T00:00:00Z&limit=1000')).filter(
          ({ data }) => data.sallyport.identity === undefined && data.responseStatus?.code === 401,
        );
        return counted(events) >= requests ? events : undefined;
      });
      expect(anonymous.length).toBeLessThanOrEqual(quotas.keepAnonymous);
      expect(counted(anonymous)).toBe(requests);
      expect(anonymous.map(({ data }) => data.sallyport.aggregated?.address)).toEqual(anonymous.map(() => '127.0.0.1'));
      // The retention job runs when a tenth of the quota has been stored, so it has run many times.
      await pause(500);
      expect(await search('user=alice%40example.com&namespace=kept')).toHaveLength(2);
      expect(await search('type=session.login')).toHaveLength(1);
    });

    it('is complete on Kafka, and is one event with a count in PostgreSQL', async () => {
      const { gateway: running } = attackFixture();
      const before = running.events({ code: 401 }).length;
      await Promise.all(
        Array.from({ length: 120 }, () => running.request('/clusters/dev/api/v1/namespaces/on-kafka/secrets')),
      );
      const events = (await running.audit.await({ code: 401, namespace: 'on-kafka' }, 120)).filter(
        ({ data }) => data.objectRef?.namespace === 'on-kafka',
      );
      expect(events).toHaveLength(120);
      expect(running.events({ code: 401 }).length).toBeGreaterThanOrEqual(before + 120);
      const { token: auditor } = await running.login('carol@example.com');
      const last = await eventually('them in the store', async () => {
        const answer = await running.request('/.sallyport/api/v1/audit?namespace=on-kafka', { token: auditor });
        const found = answer.json()['events'] as AuditRecord[];
        return (found[0]?.data.sallyport.aggregated?.count ?? 0) >= 120 ? found : undefined;
      });
      expect(last).toHaveLength(1);
      expect(last[0]!.data.sallyport.aggregated).toMatchObject({
        address: '127.0.0.1',
        cause: expect.stringContaining('401'),
      });
    });
  });
}
