import { describe, expect, it } from '@jest/globals';
import { AcmeFailure } from './acme-failure.ts';
import type { Refusals } from './certificate-files.ts';
import { createRetryPlan } from './retry-plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const refused = () => new AcmeFailure('it did not accept a.example', { problem: {} });
const away = () => new AcmeFailure('it cannot be reached (ECONNREFUSED)');

function rig(random = 0.5) {
  const clock = { now: Date.parse('2026-12-01') };
  let disk: Refusals = { at: [], waitUntil: 0, issuedAt: 0 };
  const create = () =>
    createRetryPlan({
      kept: { refusals: () => disk, writeRefusals: async (refusals) => void (disk = refusals) },
      now: () => clock.now,
      random: () => random,
    });
  return { clock, create };
}

/** Fails whenever the plan allows an attempt, and returns when it did. `restarts`: the process starts anew each time. */
function attempts(
  lasts: number,
  fail: () => AcmeFailure | undefined,
  { restarts = false, random = 0.5 } = {},
): number[] {
  const { clock, create } = rig(random);
  const found: number[] = [];
  let plan = create();
  for (const end = clock.now + lasts; clock.now < end; clock.now += 1000) {
    if (plan.notBefore() > clock.now) continue;
    found.push(clock.now);
    void plan.failed(fail(), undefined);
    if (restarts) plan = create();
  }
  return found;
}
const mostInAnHour = (times: number[]) =>
  Math.max(...times.map((first) => times.filter((time) => time >= first && time < first + hour).length));

describe('attempts after failures', () => {
  it.each([0, 0.5, 1])('are refused at most four times in any hour, however the pauses fall (%d)', (random) => {
    const times = attempts(2 * day, refused, { random });
    expect(mostInAnHour(times)).toBe(4);
    expect(times.length).toBeLessThan(20);
  });

  it('are refused at most four times in any hour, also if the process starts again after each', () => {
    const times = attempts(day, refused, { restarts: true });
    expect(mostInAnHour(times)).toBe(4);
    expect(times).toHaveLength(4 * 24);
  });

  it('pause for a minute, then twice as long each time, and twelve hours at most', () => {
    const times = attempts(4 * day, away);
    const pauses = times.slice(1).map((time, index) => (time - times[index]!) / minute);
    expect(pauses.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    expect(new Set(pauses.slice(10))).toEqual(new Set([720]));
  });

  it('wait as long as the server asks, also after a restart', () => {
    const { clock, create } = rig();
    const plan = create();
    void plan.failed(new AcmeFailure('it answered 503', { retryAfterMs: 5 * hour }), undefined);
    expect(plan.notBefore()).toBe(clock.now + 5 * hour);
    void plan.succeeded();
    expect(create().notBefore()).toBe(clock.now + 5 * hour);
  });

  it('wait for a week at most, whatever the server asks', () => {
    const { clock, create } = rig();
    void create().failed(new AcmeFailure('it answered 503', { retryAfterMs: 400 * day }), undefined);
    expect(create().notBefore()).toBe(clock.now + 7 * day);
  });

  it('do not wait for what a clock that was ahead has named', () => {
    const { clock, create } = rig();
    const plan = create();
    const real = clock.now;
    clock.now += 60 * day;
    void plan.succeeded();
    void plan.failed(new AcmeFailure('it answered 429', { problem: {}, retryAfterMs: day }), undefined);
    expect([plan.notBefore(), plan.issuedAt()]).toEqual([clock.now + day, clock.now]);
    clock.now = real;
    for (const one of [plan, create()]) expect([one.notBefore(), one.issuedAt()]).toEqual([0, 0]);
    void plan.failed(new AcmeFailure('it answered 503', { retryAfterMs: hour }), undefined);
    expect(plan.notBefore()).toBe(real + hour);
  });

  it('begin at once after a restart where no limit forbids it', () => {
    const { clock, create } = rig();
    const plan = create();
    for (let count = 0; count < 12; count += 1) void plan.failed(away(), undefined);
    void plan.failed(refused(), undefined);
    expect(plan.notBefore()).toBeGreaterThan(clock.now + 10 * hour);
    expect(create().notBefore()).toBe(0);
  });

  it('are frequent enough for certificates that live for a day', () => {
    const { clock, create } = rig();
    const plan = create();
    for (let count = 0; count < 20; count += 1) void plan.failed(away(), day);
    expect(plan.notBefore()).toBe(clock.now + day / 10);
  });
});
