import { describe, expect, it } from '@jest/globals';
import { elevationStates, type Elevation, type ElevationState } from '@sallyport/contracts';
import { asked, person, start } from '../testing/example-elevation.ts';
import { ownNames } from './same-person.ts';
import { isActive, nextStepAt, awaitsReview, reviewDueAt } from './times.ts';
import { transition as transitionOf, type ElevationRefusal, type ElevationStep } from './transition.ts';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];
/** Takes a step of people of whom nothing is known but what their identities say. */
const transition = (elevation: Elevation, step: ElevationStep, now: number) =>
  transitionOf(elevation, step, now, ownNames);
const aliases = {
  'the holder': alice,
  'the holder under another user name': person('alice2', { email: 'ALICE@example.com' }),
  'the holder at another provider': { ...alice, issuer: 'https://other.example.com', subject: '7' },
  'the holder in a full-width spelling': person('y', { email: 'ａlice@example.com' }),
};

/** Takes steps one after the other. Throws for one that is refused. */
function take(elevation: Elevation, now: number, ...steps: ElevationStep[]): Elevation {
  return steps.reduce((before, step) => {
    const outcome = transition(before, step, now);
    if (!outcome.ok) throw new Error(`${step.type} of ${before.state}: ${outcome.refusal}`);
    return outcome.next;
  }, elevation);
}
const recorded: ElevationStep = { type: 'recorded', upTo: 99 };
const tick: ElevationStep = { type: 'tick' };
const review = (by = carol): ElevationStep => ({ type: 'review', by, verdict: 'justified', comment: 'INC-7, seen' });
const typesOf = ({ unrecorded }: Elevation) => unrecorded.map(({ type }) => type);

// It lasts for 60 s, and its review is due 500 s after its end.
const [end, due] = [start + 60_000, start + 560_000];
const reviewed = (more: object = {}) => asked({ reviewWithinMs: 500_000, ...more });
const breakGlass = (more: object = {}) => reviewed({ approvalsNeeded: 0, ...more });
const active = () => take(breakGlass(), start, recorded, tick);
const revoked = () => take(active(), start + 10_000, { type: 'revoke', by: alice }, recorded);
const expired = () => take(active(), end, tick, recorded);
const overdue = () => take(expired(), due, tick, recorded);

const inState: Record<string, () => Elevation> = {
  pending: () => reviewed(),
  approved: () => breakGlass(),
  'approved for later': () => breakGlass({ startsAt: start + 10_000 }),
  active,
  expired,
  'expired without having begun': () => take(breakGlass({ startsAt: start + 10_000 }), start + 70_000, tick),
  'expired, overdue': overdue,
  revoked,
  'revoked before it began': () => take(breakGlass({ startsAt: start + 10_000 }), start, { type: 'revoke', by: alice }),
  denied: () => take(reviewed(), start, { type: 'deny', by: bob }),
  withdrawn: () => take(reviewed(), start, { type: 'withdraw', by: alice }),
  'timed-out': () => take(reviewed(), due, tick),
  'active, reviewed': () => take(active(), start, review(), recorded),
  'expired, reviewed': () => take(expired(), end, review(), recorded),
  'revoked, reviewed': () => take(revoked(), end, review(), recorded),
  'overdue, reviewed': () => take(overdue(), due, review(), recorded),
};

type Outcome = 'reviewed' | ElevationRefusal;
const ofReviewer: Record<string, Outcome> = {
  pending: 'not-begun',
  approved: 'not-begun',
  'approved for later': 'not-begun',
  active: 'reviewed',
  expired: 'reviewed',
  'expired without having begun': 'not-begun',
  'expired, overdue': 'reviewed',
  revoked: 'reviewed',
  'revoked before it began': 'not-begun',
  denied: 'not-begun',
  withdrawn: 'not-begun',
  'timed-out': 'not-begun',
  'active, reviewed': 'reviewed-already',
  'expired, reviewed': 'reviewed-already',
  'revoked, reviewed': 'reviewed-already',
  'overdue, reviewed': 'reviewed-already',
};
const times = { 'in time': start + 20_000, 'after its end': end + 1, late: due + 1 };
const rows = Object.keys(inState).flatMap((state) =>
  Object.keys(times).flatMap((when): [string, string, string, Outcome][] => [
    [state, 'a reviewer', when, ofReviewer[state]!],
    ...Object.keys(aliases).map((who): [string, string, string, Outcome] => [state, who, when, 'own-review']),
  ]),
);

describe('a review', () => {
  it.each(rows)('of one that is %s, by %s, %s: %s', (state, who, when, expected) => {
    const before = inState[state]!();
    const by = (aliases as Record<string, typeof alice>)[who] ?? carol;
    const outcome = transition(before, review(by), times[when as keyof typeof times]);
    expect(outcome.ok ? 'reviewed' : outcome.refusal).toBe(expected);
    if (!outcome.ok) return;
    const { next } = outcome;
    expect(next).toMatchObject({
      revision: before.revision + 1,
      state: before.state,
      review: { done: { by: carol, at: next.changedAt, verdict: 'justified', comment: 'INC-7, seen' } },
    });
    expect(next.unrecorded.at(-1)).toMatchObject({ type: 'elevation.reviewed', by: carol, detail: 'INC-7, seen' });
    expect([next.expiresAt, next.activeFrom, next.groups]).toEqual([
      before.expiresAt,
      before.activeFrom,
      before.groups,
    ]);
  });

  it('is in the table for every state', () => {
    const seen = new Set(Object.values(inState).map((make) => make().state));
    expect([...seen].toSorted()).toEqual([...elevationStates].toSorted());
  });

  it.each(elevationStates)('of one without review, %s, is refused', (state: ElevationState) => {
    const before = { ...asked(), state, announced: true, expiresAt: end };
    expect(transition(before, review(), start)).toEqual({ ok: false, refusal: 'no-review' });
  });

  it('during the elevation does not end it', () => {
    const during = take(active(), start, review());
    expect(isActive(during, start)).toBe(true);
    expect(take(during, end, recorded, tick, recorded)).toMatchObject({ state: 'expired' });
    expect(nextStepAt(take(during, end, recorded, tick, recorded))).toBeUndefined();
  });
});

describe('the time for a review', () => {
  it('counts from the end: the clock’s, or that of a revocation, and not from when the end was noticed', () => {
    expect(reviewDueAt(active())).toBe(due);
    expect(reviewDueAt(revoked())).toBe(start + 510_000);
    expect(reviewDueAt(take(active(), end + 300_000, tick))).toBe(due);
    expect(reviewDueAt(reviewed())).toBeUndefined();
  });

  it('is over once: one event, however often and late someone looks', () => {
    expect(transition(expired(), tick, due - 1)).toEqual({ ok: false, refusal: 'nothing-to-do' });
    const late = take(expired(), due, tick);
    expect([typesOf(late), late.review]).toEqual([['elevation.review-overdue'], { withinMs: 500_000, overdue: true }]);
    expect(transition(take(late, due, recorded), tick, due * 2)).toEqual({ ok: false, refusal: 'nothing-to-do' });
  });

  it('never makes one overdue that is reviewed, is still a right, or never began', () => {
    for (const state of [
      'active',
      'revoked before it began',
      'denied',
      'withdrawn',
      'timed-out',
      'expired, reviewed',
    ]) {
      const outcome = transition(inState[state]!(), tick, due * 2);
      expect(outcome.ok ? typesOf(outcome.next) : []).not.toContain('elevation.review-overdue');
    }
  });

  it('keeps the elevation until it is reviewed, because what has no next step is forgotten', () => {
    for (const state of ['active', 'expired', 'expired, overdue', 'revoked']) {
      const before = inState[state]!();
      expect([awaitsReview(before), nextStepAt(before)]).toEqual([true, expect.any(Number)]);
    }
    expect(nextStepAt(expired())).toBe(due);
    expect(nextStepAt(overdue())).toBeGreaterThan(due * 1000);
    for (const state of ['denied', 'withdrawn', 'timed-out', 'expired, reviewed', 'overdue, reviewed'])
      expect(nextStepAt({ ...inState[state]!(), unrecorded: [] })).toBeUndefined();
  });
});
