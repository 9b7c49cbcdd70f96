import { describe, expect, it } from '@jest/globals';
import { elevationStates, type Elevation, type ElevationState } from '@sallyport/contracts';
import { asked, person, start } from '../testing/example-elevation.ts';
import { ownNames } from './same-person.ts';
import { isActive, nextStepAt } from './times.ts';
import { transition as transitionOf, type ElevationRefusal, type ElevationStep } from './transition.ts';

const [alice, bob, carol, dan] = [person('alice'), person('bob'), person('carol'), person('dan')];

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

const sets = [
  { name: 'leads', approvals: 1 },
  { name: 'security', approvals: 1 },
];
const approveAs = (by: typeof bob, ...of: string[]): ElevationStep => ({ type: 'approve', by, sets: of });
const before: Record<string, () => Elevation> = {
  'no approval': () => asked({ approverSets: sets }),
  'one of leads': () => take(asked({ approverSets: sets }), start, approveAs(bob, 'leads')),
  'one of security': () => take(asked({ approverSets: sets }), start, approveAs(bob, 'security')),
  'one of both': () => take(asked({ approverSets: sets }), start, approveAs(bob, 'leads', 'security')),
};
const [none, leads, security, both] = ['no approval', 'one of leads', 'one of security', 'one of both'];
type SetRow = [string, string[], ElevationState | ElevationRefusal];
const setRows: SetRow[] = [
  [none!, [], 'not-in-set'],
  [none!, ['others'], 'not-in-set'],
  [none!, ['leads'], 'pending'],
  [none!, ['security'], 'pending'],
  [none!, ['leads', 'security'], 'pending'],
  [leads!, [], 'not-in-set'],
  [leads!, ['others'], 'not-in-set'],
  [leads!, ['leads'], 'set-complete'],
  [leads!, ['security'], 'approved'],
  [leads!, ['leads', 'security'], 'approved'],
  [security!, [], 'not-in-set'],
  [security!, ['others'], 'not-in-set'],
  [security!, ['leads'], 'approved'],
  [security!, ['security'], 'set-complete'],
  [security!, ['leads', 'security'], 'approved'],
  [both!, [], 'not-in-set'],
  [both!, ['others'], 'not-in-set'],
  // One who belongs to both counts for the set that the next one leaves.
  [both!, ['leads'], 'approved'],
  [both!, ['security'], 'approved'],
  [both!, ['leads', 'security'], 'approved'],
];

describe('an approval where each of several sets must approve', () => {
  it.each(setRows)('after %s, of a person in %j: %s', (given, of, expected) => {
    const pending = before[given]!();
    const approval = approveAs(carol, ...of);
    const outcome = transition(pending, approval, start);
    expect(outcome.ok ? outcome.next.state : outcome.refusal).toBe(expected);
    if (outcome.ok) expect(outcome.next.approvals.at(-1)).toEqual({ by: carol, at: start, sets: of });
    expect(transition(pending, approval, later)).toEqual({ ok: false, refusal: 'time-is-up' });
  });

  it('is in the table for what was approved before and each combination of sets', () => {
    const combinations = [[], ['others'], ['leads'], ['security'], ['leads', 'security']];
    const rowFor = (given: string, of: string[]) =>
      setRows.filter(([from, own]) => from === given && own.join() === of.join()).length;
    const counts = Object.keys(before).flatMap((given) => combinations.map((of) => rowFor(given, of)));
    expect(counts).toEqual(counts.map(() => 1));
  });

  it('counts once per person, for one set, and never that of the requester', () => {
    const once = before[both!]!();
    const twice = { ok: false, refusal: 'approved-already' };
    expect(transition(once, approveAs(bob, 'leads', 'security'), start)).toEqual(twice);
    expect(transition(once, approveAs(person('b', { email: 'BOB@example.com' }), 'security'), start)).toEqual(twice);
    const own = approveAs(person('a', { email: 'ALICE@example.com' }), 'leads');
    expect(transition(before[none!]!(), own, start)).toEqual({ ok: false, refusal: 'own-request' });
  });

  it('is needed as often as each set says', () => {
    const approverSets = [{ name: 'leads', approvals: 2 }, sets[1]!];
    const asking = asked({ approverSets, approvalsNeeded: 1 });
    expect(asking).toMatchObject({ format: 2, approvalsNeeded: 3 });
    const some = take(asking, start, approveAs(bob, 'leads'), approveAs(carol, 'security'));
    expect(some.state).toBe('pending');
    expect(take(some, start, approveAs(dan, 'leads')).state).toBe('approved');
  });

  it('is not counted by a replica that does not know sets: it cannot read the elevation', () => {
    expect([asked().format, asked({ approverSets: sets }).format]).toEqual([1, 2]);
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
