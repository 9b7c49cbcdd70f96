import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord, Session } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import {
  createMemoryElevationStore,
  createMemorySessionStore,
  type ElevationStore,
  type NoticeOutbox,
  type SessionStore,
} from '@sallyport/stores';
import { watchServiceAccounts } from './watch-service-accounts.ts';

const [hour, day] = [3_600_000, 86_400_000];
let now: number;
let sessions: SessionStore;
let outbox: NoticeOutbox;
let hold: ElevationStore['hold'];
let published: AuditRecord[];
let away: boolean;
let stops: (() => Promise<void>)[];
beforeEach(() => {
  now = 1_800_000_000_000;
  sessions = createMemorySessionStore({ now: () => now });
  ({ notices: outbox, hold } = createMemoryElevationStore({ now: () => now }));
  [published, away, stops] = [[], false, []];
});
afterEach(async () => void (await Promise.all(stops.map((stop) => stop()))));

async function make(id: string, lifetimeMs: number): Promise<void> {
  const session: Session = {
    version: 2,
    id,
    kind: 'service-account',
    identity: {
      provider: 'service-accounts',
      issuer: 'sallyport:service-accounts',
      subject: id,
      user: 'service-account:deployer',
      groups: ['ci'],
      claims: {},
      amr: [],
    },
    createdAt: now,
    expiresAt: now + lifetimeMs,
    idleMs: lifetimeMs,
    serviceAccount: {
      name: 'deployer',
      maker: { issuer: 'https://idp', subject: 'a', user: 'alice', email: 'alice@example.com' },
    },
  };
  await sessions.create(id.padEnd(43, 'h'), session);
}

/** Looks once, as a replica does when it starts. */
async function look(channels: { name: string; events?: string[] }[] = [{ name: 'ops' }]): Promise<void> {
  const stop = watchServiceAccounts({
    sessions,
    outbox,
    hold,
    sink: {
      publish: async (record) => {
        if (away) throw new Error('away');
        published.push(record);
      },
    },
    channels: channels as [],
    logger: createLogger({ service: 'authorize', level: 'silent' }),
    now: () => now,
  });
  stops.push(stop);
  await stop();
}
const told = async (channel = 'ops', id = 'a') => (await outbox.read(channel, `service-account/${id}`))?.notices ?? [];

describe('a service account that ends soon', () => {
  it('is announced a week and a day before, once each, whichever replica looks', async () => {
    await make('a', 90 * day);
    await look();
    now += 83 * day - hour;
    await look();
    expect(published).toEqual([]);
    now += 2 * hour;
    await Promise.all([look(), look()]);
    await look();
    expect(published).toHaveLength(1);
    // The time at which it is due, whenever it is recorded.
    expect(Date.parse(published[0]!.time)).toBe(now - hour);
    expect(await told()).toMatchObject([
      {
        id: published[0]!.id,
        type: 'service_account.expiring',
        channels: ['ops'],
        serviceAccount: {
          id: 'a',
          name: 'deployer',
          groups: ['ci'],
          maker: { user: 'alice', email: 'alice@example.com' },
        },
      },
    ]);
    expect(published[0]).toMatchObject({
      type: 'service_account.expiring',
      source: 'sallyport/authorize',
      data: {
        verb: 'notify',
        sallyport: { sessionId: 'a', credentialKind: 'service-account', detail: expect.stringContaining('alice') },
      },
    });
    expect(await outbox.take('ops', 1000, 5)).toHaveLength(1);
    now += 6 * day;
    await look();
    await look();
    expect((await told()).map(({ number }) => number)).toEqual([1, 2]);
    expect(published).toHaveLength(2);
  });

  it('is announced by the last notice alone if nothing looked for days', async () => {
    await make('a', 90 * day);
    now += 90 * day - hour;
    await look();
    expect((await told()).map(({ number }) => number)).toEqual([2]);
  });

  it.each([
    [8 * day, 2],
    [7 * day, 1],
    [day, 0],
    [hour, 0],
  ])('is announced only if it lasts longer than the warning: one of %d ms %d times', async (lifetime, times) => {
    await make('a', lifetime);
    for (const before of [7 * day, day, 1000]) {
      now = Math.max(now, 1_800_000_000_000 + lifetime - before);
      await look();
    }
    expect(published).toHaveLength(times);
  });

  it('is told to the channels that want it, and recorded without any', async () => {
    await make('a', 8 * day);
    now += 2 * day;
    await look([
      { name: 'ops', events: ['elevation.requested'] },
      { name: 'all' },
      { name: 'own', events: ['service_account.expiring'] },
    ]);
    expect((await told()).map(({ channels }) => channels)).toEqual([['all', 'own']]);
    await make('b', 8 * day);
    now += 2 * day;
    await look([]);
    await look([]);
    expect(published.map(({ data }) => data.sallyport.sessionId)).toEqual(['a', 'b']);
  });

  it('is not told before it is recorded, and then is', async () => {
    await make('a', 8 * day);
    now += 2 * day;
    away = true;
    await look();
    expect(await told()).toEqual([]);
    // The log may still deliver the event, so another replica does not follow at once.
    away = false;
    await look();
    expect(published).toEqual([]);
    now += 60_000;
    await look();
    expect(await told()).toHaveLength(1);
  });
});
