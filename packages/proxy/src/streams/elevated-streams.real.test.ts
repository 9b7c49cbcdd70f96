import { afterEach, describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { allow } from '../testing/gateway-rig.ts';
import { drip, startRawExchanges, type RawExchanges } from '../testing/raw-exchanges.ts';

/** An end is due within a second. A busy machine gets ten. */
const inTimeMs = 10_000;
const watch = '/clusters/dev/api/v1/namespaces/dev/pods?watch=true';
const plain = { user: 'alice@example.com', uid: 'u', groups: ['developers'], extra: {}, droppedGroups: [] };

/** An answer under an elevation that ends after `ms`. */
const elevated = (ms: number): CheckAnswer => ({
  ...allow({ ...plain, groups: ['developers', 'admins'], extra: { 'sallyport.dev/elevation': ['e1'] } }),
  elevations: [{ id: 'e1', name: 'prod-admin', expiresAt: Date.now() + ms, approvers: ['bob@example.com'] }],
});

let exchanges: RawExchanges;
afterEach(() => exchanges.close());

/**
 * Opens a watch under an elevation. Neither the interval of the recheck nor the grace period ends it. `later` is the
 * answer to each check but the first.
 */
async function open(ms: number, later?: CheckAnswer) {
  exchanges = await startRawExchanges(drip(), { recheck: '10m', grace: '10m' });
  const { rig } = exchanges;
  const answer = elevated(ms);
  rig.answer = () => (rig.checks.length > 1 && later) || answer;
  const client = exchanges.begin('GET', watch);
  await until(() => client.text().includes('200'));
  return { rig, client, expiresAt: answer.elevations![0]!.expiresAt };
}
const cutReasons = () =>
  exchanges.rig.events
    .filter(({ type }) => type === 'stream.cut')
    .map(({ data }) => [data.sallyport.stream?.reason, data.sallyport.elevation?.id]);

describe('a stream under an elevation', () => {
  it('is cut at its end, and the event names the elevation', async () => {
    const { rig, expiresAt } = await open(1500);
    rig.answer = () => (Date.now() < expiresAt ? elevated(1) : allow(plain));
    await until(() => cutReasons().length > 0 && rig.streams.registry.size === 0);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    expect(Date.now() - expiresAt).toBeLessThan(inTimeMs);
    expect(cutReasons()).toEqual([['not-allowed', 'e1']]);
  });

  it('is cut at its end even if nobody can be asked then', async () => {
    const { rig, expiresAt } = await open(1500);
    rig.answer = () => {
      throw new Error('authorize is away');
    };
    await until(() => cutReasons().length > 0 && rig.streams.registry.size === 0);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
    expect(Date.now() - expiresAt).toBeLessThan(inTimeMs);
    expect(rig.streams.registry.ended()).toMatchObject([
      { detail: 'Your elevation prod-admin has expired, so this was ended.' },
    ]);
  });

  it('goes on over its end if it was extended', async () => {
    const { rig, client } = await open(1000, elevated(60_000));
    await until(() => rig.checks.length > 1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect([client.closed, cutReasons()]).toEqual([false, []]);
  });

  it('is cut within a second of a revocation', async () => {
    const { rig } = await open(60_000);
    const elevationEnded = 'Your elevation prod-admin was revoked by bob@example.com';
    rig.answer = () => ({ ...allow(plain), elevationEnded });
    const revokedAt = Date.now();
    rig.streams.onChange({ type: 'elevation-changed', issuer: 'https://idp', subject: 's' });
    await until(() => cutReasons().length > 0 && rig.streams.registry.size === 0);
    expect(Date.now() - revokedAt).toBeLessThan(inTimeMs);
    expect(rig.checks.at(-1)).toMatchObject({ elevations: ['e1'] });
    expect(rig.streams.registry.ended()).toMatchObject([
      { detail: `${elevationEnded}, so this was ended. Open it again to go on without it.` },
    ]);
  });

  it('goes on when another person loses an elevation', async () => {
    const { rig, client } = await open(60_000);
    rig.streams.onChange({ type: 'elevation-changed', issuer: 'https://idp', subject: 'other' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([client.closed, cutReasons()]).toEqual([false, []]);
  });
});
