import { expect, it } from '@jest/globals';
import type { ElevationPerson } from '@sallyport/contracts';
import fc from 'fast-check';
import { asked, person, start } from '../testing/example-elevation.ts';
import { accountName, ownNames, type NamesOf } from './same-person.ts';
import { transition, type ElevationStep } from './transition.ts';

const seed = Number(process.env['SALLYPORT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = 6000;
/** The requester and five accounts that nothing but the directory can link. */
const accounts = ['alice', 'a', 'b', 'c', 'd', 'e'].map((name) => person(name));

/** The accounts of each person, as far as links are known. */
type Known = number[];
const link = (known: Known, one: number, other: number): Known =>
  known.map((group) => (group === known[one] ? known[other]! : group));
const groupOf = (known: Known, one: ElevationPerson) =>
  known[accounts.findIndex((each) => accountName(each) === accountName(one))]!;
const namesIn =
  (known: Known): NamesOf =>
  (one) => [...ownNames(one), `group ${groupOf(known, one)}`];

const move = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), one: fc.nat(5), other: fc.nat(5) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('approve' as const), who: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('recorded' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.nat(3000) }) },
);

it(`no history of links makes a right without enough people (seed ${seed}, ${numRuns} histories)`, () => {
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(
      fc.array(move, { minLength: 1, maxLength: 30, size: 'max' }),
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(undefined, start + 4000),
      (moves, approvalsNeeded, startsAt) => {
        let elevation = asked({ approvalsNeeded, ...(startsAt === undefined ? {} : { startsAt }) });
        let known: Known = accounts.map((_, index) => index);
        let now = start;
        let dropped = false;
        for (const one of moves) {
          if (one.kind === 'link') {
            known = link(known, one.one, one.other);
            continue;
          }
          if (one.kind === 'tick') now += one.ms;
          const step: ElevationStep =
            one.kind === 'approve'
              ? { type: 'approve', by: accounts[one.who]! }
              : one.kind === 'recorded'
                ? { type: 'recorded', upTo: elevation.events }
                : { type: 'tick' };
          const outcome = transition(elevation, step, now, namesIn(known));
          if (!outcome.ok) continue;
          const { next } = outcome;
          dropped ||= next.approvals.length < elevation.approvals.length + (one.kind === 'approve' ? 1 : 0);
          if (next.state === 'active' && elevation.state !== 'active') {
            const groups = next.approvals.map(({ by }) => groupOf(known, by));
            expect(new Set(groups).size).toBeGreaterThanOrEqual(approvalsNeeded);
            expect(groups).not.toContain(groupOf(known, next.requester));
          }
          elevation = next;
        }
        const end = elevation.state === 'active' && dropped ? 'active after an approval was dropped' : elevation.state;
        ends[end] = (ends[end] ?? 0) + 1;
      },
    ),
    { seed, numRuns },
  );
  process.stderr.write(`links of accounts: seed ${seed}, ${numRuns} histories, ends ${JSON.stringify(ends)}\n`);
  for (const end of ['pending', 'approved', 'active', 'revoked', 'active after an approval was dropped'])
    expect(ends[end]).toBeGreaterThan(0);
});
