import { describe, expect, it } from '@jest/globals';
import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import fc from 'fast-check';
import { asked, person, start } from '../testing/example-elevation.ts';
import { isSamePerson as isSame, ownNames } from './same-person.ts';
import { isActive, isOver, nextStepAt, awaitsReview, reviewDueAt } from './times.ts';
import { transition as transitionOf, type ElevationStep } from './transition.ts';

const people = [person('alice'), person('bob'), person('carol'), person('alias', { email: 'ALICE@example.com' })];
const sets = [
  { name: 'leads', approvals: 1 },
  { name: 'security', approvals: 1 },
];
/** To which sets each of them belongs when they approve. */
const memberships = [['leads', 'security'], ['leads'], ['security'], ['leads'], ['security'], []];
const seed = Number(process.env['SALLYPORT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = 700;

/** Takes a step of people of whom nothing is known but what their identities say. */
const transition = (elevation: Elevation, step: ElevationStep, now: number) =>
  transitionOf(elevation, step, now, ownNames);
const isSamePerson = (one: ElevationPerson, other: ElevationPerson) => isSame(one, other, ownNames);

/** Two replicas read, decide and write at different times, each by its own clock. */
type Move = { replica: 0 | 1; advanceMs: number } & (
  | { kind: 'read' }
  | { kind: 'write'; step: ElevationStep['type']; who: number; of: number }
);

const write = (
  steps: ElevationStep['type'][],
  weight: number,
  advanceMs: fc.Arbitrary<number> = fc.oneof(fc.constant(0), fc.nat(4000)),
) => ({
  weight,
  arbitrary: fc.record({
    replica: fc.constantFrom(0, 1),
    advanceMs,
    kind: fc.constant('write'),
    step: fc.constantFrom(...steps),
    who: fc.nat(people.length - 1),
    of: fc.nat(memberships.length - 1),
  }),
});

// Ends are rare and time passes slowly, so that many histories reach an active elevation and go on from there.
const moveOf = (approvals: number, records: number): fc.Arbitrary<Move> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ replica: fc.constantFrom(0, 1), advanceMs: fc.nat(1000), kind: fc.constant('read') }),
    },
    write(['approve'], approvals),
    write(['recorded'], records),
    write(['tick'], 3),
    write(['tick'], 2, fc.nat(60_000)),
    write(['deny', 'withdraw', 'revoke'], 1),
    write(['review'], 4),
  ) as fc.Arbitrary<Move>;

function stepOf({ step: type, who, of }: Move & { kind: 'write' }, seen: Elevation): ElevationStep {
  const by = people[who]!;
  if (type === 'approve') return { type, by, sets: memberships[of]! };
  if (type === 'recorded') return { type, upTo: seen.events };
  if (type === 'review') return { type, by, verdict: 'justified', comment: `seen by ${by.user}` };
  return type === 'tick' ? { type } : { type, by };
}

/** What must be true of every write that the store accepted, whoever made it and whatever their clock says. */
function checkWrite(before: Elevation, after: Elevation, published: number): void {
  expect(isOver(before) && after.state !== before.state).toBe(false);
  expect(after.revision).toBe(before.revision + 1);
  expect(after.changedAt).toBeGreaterThanOrEqual(before.changedAt);
  for (const frozen of ['groups', 'requester', 'durationMs', 'cluster', 'name', 'approverSets'] as const)
    expect(after[frozen]).toEqual(before[frozen]);
  if (before.expiresAt !== undefined) expect(after.expiresAt).toBe(before.expiresAt);
  expect(after.approvals.slice(0, before.approvals.length)).toEqual(before.approvals);
  checkReview(before, after);
  if (after.state !== 'active') return;
  // A right has all approvals, of different people, none of them the requester, and all its events are recorded.
  expect(after.approvals.length).toBe(after.approvalsNeeded);
  const approvers = after.approvals.map(({ by }) => by);
  checkSets(after);
  expect(approvers.some((one) => isSamePerson(one, after.requester))).toBe(false);
  expect(approvers.some((one, index) => approvers.slice(0, index).some((other) => isSamePerson(one, other)))).toBe(
    false,
  );
  const unrecorded = after.unrecorded.filter(({ type }) => type !== 'elevation.reviewed');
  expect(unrecorded).toEqual([]);
  if (before.state !== 'active') expect(published).toBe(after.events);
}

/** If each of several sets must approve, each has an approver of its own: here, of two, one or the other way round. */
function checkSets({ approverSets, approvals }: Elevation): void {
  if (!approverSets) return;
  const [one, other] = approvals.map((approval) => approval.sets!);
  const covers = (a: string[], b: string[]) => a.includes('leads') && b.includes('security');
  expect(covers(one!, other!) || covers(other!, one!)).toBe(true);
}

/** A review is one, by someone else than the holder, and final. Without it, what began is never forgotten. */
function checkReview(before: Elevation, after: Elevation): void {
  if (before.review?.done) expect(after.review).toEqual(before.review);
  if (before.review?.overdue) expect(after.review?.overdue).toBe(true);
  const added = after.unrecorded.slice(-1).filter(({ number }) => number > before.events);
  if (after.review?.done && !before.review?.done) {
    expect(isSamePerson(after.review.done.by, after.requester)).toBe(false);
    expect(['active', 'expired', 'revoked']).toContain(after.state);
    expect(after.state).toBe(before.state);
    expect(added.map(({ type }) => type)).toEqual(['elevation.reviewed']);
  } else expect(added.some(({ type }) => type === 'elevation.reviewed')).toBe(false);
  if (after.review?.overdue !== before.review?.overdue) {
    expect(isOver(before)).toBe(true);
    expect(after.changedAt).toBeGreaterThanOrEqual(reviewDueAt(before)!);
    expect(added.map(({ type }) => type)).toEqual(['elevation.review-overdue']);
  }
  if (awaitsReview(after)) expect(nextStepAt(after)).toBeDefined();
}

/** Plays a history against a store that compares revisions. Returns the elevation at its end. */
function play(moves: readonly Move[], skews: readonly [number, number], terms: Parameters<typeof asked>[0]): Elevation {
  let stored = asked({ ...terms, reviewWithinMs: 20_000 });
  let published = 0;
  let time = start;
  const seen: [Elevation, Elevation] = [stored, stored];
  for (const one of moves) {
    const { replica } = one;
    time += one.advanceMs;
    const now = time + skews[replica];
    if (one.kind === 'read') {
      seen[replica] = stored;
      continue;
    }
    const step = stepOf(one, seen[replica]);
    const outcome = transition(seen[replica], step, now);
    if (!outcome.ok) continue;
    // An event that is reported as recorded was published before, whether the write succeeds or not.
    if (step.type === 'recorded') published = Math.max(published, seen[replica].events);
    if (outcome.next.revision !== stored.revision + 1) {
      seen[replica] = stored;
      continue;
    }
    checkWrite(stored, outcome.next, published);
    stored = outcome.next;
    seen[replica] = stored;
    if (stored.expiresAt !== undefined) expect(isActive(stored, stored.expiresAt)).toBe(false);
  }
  return stored;
}

/** Plays many histories. Returns how many of them reached each end. */
function playAll(
  kinds: readonly Parameters<typeof asked>[0][],
  one: fc.Arbitrary<Move>,
  runs: number,
): Record<string, number> {
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 60, size: 'max' }),
      fc.tuple(fc.integer({ min: -30_000, max: 30_000 }), fc.integer({ min: -30_000, max: 30_000 })),
      fc.constantFrom(...kinds),
      (moves, skews, terms) => {
        const { state, review } = play(moves, skews, terms);
        const reached = [
          state,
          ...(review?.done ? [`${state}, reviewed`] : []),
          ...(review?.overdue ? ['overdue'] : []),
        ];
        for (const end of reached) ends[end] = (ends[end] ?? 0) + 1;
      },
    ),
    { seed, numRuns: runs },
  );
  process.stderr.write(`races of elevations: seed ${seed}, ${runs} histories, ends ${JSON.stringify(ends)}\n`);
  return ends;
}

describe(`races of replicas (seed ${seed}, ${numRuns} histories)`, () => {
  it('never revert an end, and never make a right without approvals, records and time', () => {
    const ends = playAll(
      [0, 0, 1, 1, 2].map((approvalsNeeded) => ({ approvalsNeeded })),
      moveOf(4, 6),
      numRuns,
    );
    // The histories reach every end that can be reached.
    const reviews = ['active, reviewed', 'expired, reviewed', 'revoked, reviewed', 'overdue'];
    for (const end of ['active', 'expired', 'revoked', 'denied', 'withdrawn', 'timed-out', ...reviews])
      expect(ends[end]).toBeGreaterThan(0);
  });

  it('never make a right without an approval of each set, by different people', () => {
    const ends = playAll([{ approverSets: sets }], moveOf(16, 20), numRuns);
    for (const end of ['pending', 'approved', 'active', 'expired', 'denied', 'timed-out'])
      expect(ends[end]).toBeGreaterThan(0);
  });
});
