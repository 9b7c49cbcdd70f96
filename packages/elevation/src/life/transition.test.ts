import { describe, expect, it } from '@jest/globals';
import { elevationStates, type Elevation, type ElevationState } from '@sallyport/contracts';
import { asked, person, start } from '../testing/example-elevation.ts';
import { ownNames } from './same-person.ts';
import { isActive, nextStepAt } from './times.ts';
import { transition as transitionOf, type ElevationRefusal, type ElevationStep } from './transition.ts';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];

/** Takes a step of people of whom nothing is known but what their identities say. */
const transition = (elevation: Elevation, step: ElevationStep, now: number) =>
  transitionOf(elevation, step, now, ownNames);

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
const approve = (by = bob): ElevationStep => ({ type: 'approve', by });
const review: ElevationStep = { type: 'review', by: carol, verdict: 'justified', comment: 'seen' };
const typesOf = ({ unrecorded }: Elevation) => unrecorded.map(({ type }) => type);

const later = start + 3_600_000;
const approvedLater = () => take(asked({ startsAt: start + 10_000 }), start, approve());
const inState: Record<ElevationState, () => Elevation> = {
  pending: () => asked(),
  approved: approvedLater,
  active: () => take(asked(), start, approve(), recorded, tick),
  expired: () => take(inState.active(), later, tick),
  revoked: () => take(inState.active(), start, { type: 'revoke', by: bob }),
  denied: () => take(asked(), start, { type: 'deny', by: bob }),
  withdrawn: () => take(asked(), start, { type: 'withdraw', by: alice }),
  'timed-out': () => take(asked(), later, tick),
};
const over: ElevationState[] = ['expired', 'revoked', 'denied', 'withdrawn', 'timed-out'];

type Row = [ElevationState, ElevationStep, 'in time' | 'late', ElevationState | ElevationRefusal];
const rows: Row[] = [
  ['pending', approve(), 'in time', 'approved'],
  ['pending', approve(alice), 'in time', 'own-request'],
  ['pending', { type: 'deny', by: bob }, 'in time', 'denied'],
  ['pending', { type: 'withdraw', by: alice }, 'in time', 'withdrawn'],
  ['pending', { type: 'withdraw', by: bob }, 'in time', 'not-own'],
  ['pending', { type: 'revoke', by: bob }, 'in time', 'not-approved'],
  ['pending', tick, 'in time', 'nothing-to-do'],
  ['pending', tick, 'late', 'timed-out'],
  ['approved', approve(carol), 'in time', 'not-pending'],
  ['approved', { type: 'deny', by: bob }, 'in time', 'not-pending'],
  ['approved', { type: 'withdraw', by: alice }, 'in time', 'not-pending'],
  ['approved', { type: 'withdraw', by: bob }, 'in time', 'not-own'],
  ['approved', { type: 'revoke' }, 'in time', 'revoked'],
  ['approved', tick, 'in time', 'nothing-to-do'],
  ['approved', tick, 'late', 'expired'],
  ['active', approve(carol), 'in time', 'not-pending'],
  ['active', { type: 'deny', by: bob }, 'in time', 'not-pending'],
  ['active', { type: 'withdraw', by: alice }, 'in time', 'not-pending'],
  ['active', { type: 'revoke', by: alice }, 'in time', 'revoked'],
  ['active', tick, 'in time', 'nothing-to-do'],
  ['active', tick, 'late', 'expired'],
  ...(['pending', 'approved', 'active'] as const).flatMap((state): Row[] => [
    [state, approve(), 'late', 'time-is-up'],
    [state, { type: 'deny', by: bob }, 'late', 'time-is-up'],
    [state, { type: 'withdraw', by: alice }, 'late', 'time-is-up'],
    [state, { type: 'revoke' }, 'late', 'time-is-up'],
  ]),
  // What reviews lead to is in review.test.ts. These elevations need none.
  ...elevationStates.flatMap((state) =>
    (['in time', 'late'] as const).map((when): Row => [state, review, when, 'no-review']),
  ),
  ...over.flatMap((state) =>
    (['in time', 'late'] as const).flatMap((when): Row[] => [
      [state, approve(), when, 'over'],
      [state, { type: 'deny', by: bob }, when, 'over'],
      [state, { type: 'withdraw', by: alice }, when, 'over'],
      [state, { type: 'revoke', by: bob }, when, 'over'],
      [state, tick, when, 'nothing-to-do'],
    ]),
  ),
];

describe('a step of an elevation', () => {
  it.each(rows)('from %s, %j, %s: %s', (state, step, when, expected) => {
    const before = inState[state]();
    expect(before.state).toBe(state);
    const outcome = transition(before, step, when === 'late' ? later : start + 1);
    expect(outcome.ok ? outcome.next.state : outcome.refusal).toBe(expected);
    if (outcome.ok) expect(outcome.next).toMatchObject({ revision: before.revision + 1, groups: before.groups });
  });

  it('is in the table for every state, every step, in time and late', () => {
    const missing = elevationStates.flatMap((state) =>
      ['approve', 'deny', 'withdraw', 'revoke', 'review', 'tick'].flatMap((type) =>
        ['in time', 'late'].filter(
          (when) => !rows.some(([from, step, at]) => from === state && step.type === type && at === when),
        ),
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe('an approval', () => {
  it.each([
    ['the same account', alice],
    ['another account with the same address', person('alice2', { email: 'Alice@Example.com' })],
    ['an account whose user name is the address', person('x', { user: 'ALICE@example.com', email: undefined })],
    ['the same subject under another name', person('alice', { user: 'root', email: 'root@example.com' })],
    ['an account of another provider', { ...alice, issuer: 'https://other.example.com', subject: '7' }],
    ['a full-width spelling', person('y', { email: 'ａlice@example.com' })],
  ])('is refused to the requester under %s', (_alias, by) => {
    expect(transition(asked(), approve(by), start)).toEqual({ ok: false, refusal: 'own-request' });
  });

  it('counts once per person, under any alias', () => {
    const once = take(asked({ approvalsNeeded: 2 }), start, approve());
    expect(once).toMatchObject({ state: 'pending', approvals: [{ by: bob, at: start }] });
    expect(transition(once, approve(person('b2', { email: 'BOB@example.com' })), start)).toEqual({
      ok: false,
      refusal: 'approved-already',
    });
    expect(take(once, start, approve(carol)).state).toBe('approved');
  });
});

describe('the beginning of a right', () => {
  it('waits until the audit log has every event before it', () => {
    const approved = take(asked(), start, approve());
    expect(typesOf(approved)).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
    expect(transition(approved, tick, start)).toEqual({ ok: false, refusal: 'nothing-to-do' });
    const partly = take(approved, start, { type: 'recorded', upTo: 2 });
    expect(transition(partly, tick, start)).toEqual({ ok: false, refusal: 'nothing-to-do' });
    const active = take(partly, start, recorded, tick);
    expect(isActive(active, start)).toBe(true);
    expect(nextStepAt(active)).toBe(start + 60_000);
  });

  it('waits for its start', () => {
    const approved = take(approvedLater(), start, recorded);
    expect([approved.activeFrom, approved.expiresAt, nextStepAt(approved)]).toEqual([
      start + 10_000,
      start + 70_000,
      start + 10_000,
    ]);
    const active = take(approved, start + 10_000, tick, recorded, tick);
    expect([isActive(active, start + 9999), isActive(active, start + 10_000)]).toEqual([false, true]);
  });

  it('needs no approval where the configuration needs none', () => {
    const breakGlass = asked({ approvalsNeeded: 0 });
    expect([breakGlass.state, ...typesOf(breakGlass)]).toEqual([
      'approved',
      'elevation.requested',
      'elevation.activated',
    ]);
  });

  it('of an extension is at once, and its end is counted from the end of what it extends', () => {
    const extension = take(asked({ extends: { id: 'e0', until: start + 30_000 } }), start, approve());
    expect([extension.activeFrom, extension.expiresAt, typesOf(extension).at(-1)]).toEqual([
      start,
      start + 90_000,
      'elevation.extended',
    ]);
  });
});

describe('the end of a right', () => {
  it('is the clock, before anything has noticed it', () => {
    const active = inState.active();
    expect([isActive(active, start + 59_999), isActive(active, start + 60_000)]).toEqual([true, false]);
  });

  it('is not moved by a clock that is behind', () => {
    const revoked = inState.revoked();
    expect(transition(revoked, approve(), 0)).toEqual({ ok: false, refusal: 'over' });
    const timedOut = transition({ ...asked(), changedAt: later }, approve(), start);
    expect(timedOut).toEqual({ ok: false, refusal: 'time-is-up' });
  });
});
