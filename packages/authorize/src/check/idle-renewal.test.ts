import { describe, expect, it } from '@jest/globals';
import { createLoggerRig, identityOf, sessionOf } from '../testing/authorize-rig.ts';
import { createIdleRenewal } from './idle-renewal.ts';

function rig(more = {}, fails = false) {
  const clock = { now: 1_000_000_000 };
  const session = sessionOf(identityOf('alice'), {
    createdAt: clock.now,
    expiresAt: clock.now + 36_000_000,
    idleMs: 600_000,
    ...more,
  });
  const renewed: string[] = [];
  const { logger, lines } = createLoggerRig();
  const sessions = {
    renew: async (hash: string) => {
      renewed.push(hash);
      if (fails) throw new Error('away');
    },
  };
  const renewal = createIdleRenewal({ sessions, logger, now: () => clock.now });
  return { clock, session, renewed, renewal, lines };
}

describe('the first use of a session', () => {
  const noting = () => {
    const noted: string[] = [];
    const parts = rig();
    const sessions = { renew: async () => {}, noteUse: async (hash: string) => void noted.push(hash) };
    return {
      ...parts,
      noted,
      renewal: createIdleRenewal({ sessions, logger: createLoggerRig().logger, now: () => parts.clock.now }),
    };
  };

  it('is recorded at once and only once, also if the session lasts to its end anyway', () => {
    const { session, noted, renewal } = noting();
    for (let n = 0; n < 3; n += 1) renewal.used('h', { session, idleEndsAt: session.expiresAt });
    expect(noted).toEqual(['h']);
  });

  it('is not recorded again for a session that was used', () => {
    const { clock, session, noted, renewal } = noting();
    renewal.used('h', { session, idleEndsAt: clock.now + session.idleMs, usedAt: clock.now });
    expect(noted).toEqual([]);
  });
});

describe('the last use of a service account', () => {
  it('is kept to within ten minutes, whatever its idle time', async () => {
    const { clock, session } = rig({ kind: 'service-account', idleMs: 36_000_000 });
    const maker = { issuer: 'i', subject: 's', user: 'alice' };
    let stored = { ...session, serviceAccount: { name: 'ci', maker } } as typeof session;
    let writes = 0;
    const sessions = {
      renew: async () => {},
      async update(_id: string, change: (one: typeof session) => typeof session) {
        writes += 1;
        return (stored = change(stored));
      },
    };
    const renewal = createIdleRenewal({ sessions, logger: createLoggerRig().logger, now: () => clock.now });
    for (let minute = 0; minute < 25; minute += 1) {
      renewal.used('h', { session: stored, idleEndsAt: stored.expiresAt });
      await new Promise(setImmediate);
      expect(clock.now - stored.serviceAccount!.lastUsedAt!).toBeLessThan(600_000);
      clock.now += 60_000;
    }
    expect(writes).toBe(3);
  });
});

describe('the idle time of a session in use', () => {
  it('is renewed at most once a minute', () => {
    const { clock, session, renewed, renewal } = rig();
    const idleEndsAt = clock.now + session.idleMs;
    for (let second = 0; second < 180; second += 1) {
      renewal.used('h', { session, idleEndsAt });
      clock.now += 1000;
    }
    expect(renewed).toHaveLength(2);
  });

  it('is not renewed while another replica renews it, or if it cannot be longer', () => {
    const { clock, session, renewed, renewal } = rig();
    clock.now += 300_000;
    renewal.used('h', { session, idleEndsAt: clock.now + session.idleMs - 30_000 });
    renewal.used('h', { session, idleEndsAt: session.expiresAt });
    expect(renewed).toEqual([]);
  });

  it('is renewed in time if the idle time is only seconds', () => {
    const { clock, session, renewed, renewal } = rig({ idleMs: 4000 });
    const idleEndsAt = clock.now + 4000;
    clock.now += 1000;
    renewal.used('h', { session, idleEndsAt });
    expect(renewed).toHaveLength(0);
    clock.now += 1000;
    renewal.used('h', { session, idleEndsAt });
    expect(renewed).toHaveLength(1);
  });

  it('is renewed at the next use after a failure, which is logged', async () => {
    const { clock, session, renewed, renewal, lines } = rig({}, true);
    const idleEndsAt = clock.now + session.idleMs;
    clock.now += 120_000;
    renewal.used('h', { session, idleEndsAt });
    await new Promise((resolve) => setImmediate(resolve));
    renewal.used('h', { session, idleEndsAt });
    await new Promise((resolve) => setImmediate(resolve));
    expect(renewed).toHaveLength(2);
    expect(lines).toHaveLength(2);
  });
});
