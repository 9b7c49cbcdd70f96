import { describe, expect, it } from '@jest/globals';
import type { Elevation } from '@sallyport/contracts';
import fc from 'fast-check';
import { asked, person, start } from '../testing/example-elevation.ts';
import { isApproved } from './approvals.ts';
import { ownNames } from './same-person.ts';
import { latestEnd, tighten, type EntryTerms } from './tighten.ts';
import { transition, type ElevationStep } from './transition.ts';

const terms = (more: Partial<EntryTerms> = {}): EntryTerms => ({
  maxDurationMs: 60_000,
  approvalsNeeded: 1,
  approvers: 'sre',
  whenAuditUnavailable: 'refuse',
  ...more,
});
function take(elevation: Elevation, now: number, ...steps: ElevationStep[]): Elevation {
  return steps.reduce((before, step) => {
    const outcome = transition(before, step, now, ownNames);
    if (!outcome.ok) throw new Error(`${step.type} of ${before.state}: ${outcome.refusal}`);
    return outcome.next;
  }, elevation);
}
const approve = (name: string, more: object = {}): ElevationStep => ({
  type: 'approve',
  by: person(name),
  under: 'sre',
  ...more,
});
const begin: ElevationStep[] = [{ type: 'recorded', upTo: 99 }, { type: 'tick' }];
const sets = [
  { name: 'leads', approvals: 1 },
  { name: 'security', approvals: 1 },
];

describe('an elevation under its entry', () => {
  it('stays as it is if the entry is as it was, or demands less', () => {
    const looser = terms({ maxDurationMs: 90_000, approvalsNeeded: 0, whenAuditUnavailable: 'spool' });
    const pending = asked({ approvalsNeeded: 2, reviewWithinMs: 5000 });
    const once = take(pending, start, approve('bob'));
    const approved = take(once, start, approve('carol'));
    for (const elevation of [pending, once, approved, take(approved, start, ...begin)])
      for (const under of [terms({ reviewWithinMs: 5000 }), looser, undefined])
        expect(tighten(elevation, under)).toEqual(elevation);
  });

  it('needs as many approvals as the entry demands now, also where it needed none', () => {
    const [, two] = [terms(), terms({ approvalsNeeded: 2 })];
    expect(take(tighten(asked(), two), start, approve('bob'))).toMatchObject({ state: 'pending', approvalsNeeded: 2 });
    expect(isApproved(tighten(take(asked({ startsAt: start + 9 }), start, approve('bob')), two))).toBe(false);
    expect(isApproved(tighten(asked({ approvalsNeeded: 0, startsAt: start + 9 }), terms()))).toBe(false);
  });

  it('counts no approval under other approvers, and each that an earlier version has taken', () => {
    const elevation = asked({ approvalsNeeded: 2 });
    expect(tighten(take(elevation, start, approve('bob')), terms({ approvers: 'leads' })).approvals).toEqual([]);
    const old = take(elevation, start, { type: 'approve', by: person('bob') });
    expect(tighten(old, terms({ approvers: 'leads' })).approvals).toHaveLength(1);
  });

  it('needs the approvals of more sets, or more of a set, and of those that it was asked under', () => {
    const elevation = asked({ approverSets: sets });
    const demanded = [
      { name: 'leads', approvals: 2 },
      { name: 'others', approvals: 1 },
    ];
    expect(tighten(elevation, terms({ approvalsNeeded: 3, approverSets: demanded }))).toMatchObject({
      approvalsNeeded: 4,
      approverSets: [{ name: 'leads', approvals: 2 }, sets[1], { name: 'others', approvals: 1 }],
    });
  });

  it('is approved by no one if it was asked for under sets and there are none now, or the reverse', () => {
    const old: ElevationStep = { type: 'approve', by: person('bob'), sets: ['leads', 'security'] };
    const ofSets = take(asked({ approverSets: sets.slice(0, 1), startsAt: start + 9 }), start, old);
    const plain = take(asked({ startsAt: start + 9 }), start, { type: 'approve', by: person('bob') });
    expect([ofSets.state, plain.state]).toEqual(['approved', 'approved']);
    expect(isApproved(tighten(ofSets, terms()))).toBe(false);
    expect(isApproved(tighten(plain, terms({ approverSets: sets, approvalsNeeded: 2 })))).toBe(false);
  });

  it('is reviewed, and asks the audit log, as the entry demands now', () => {
    const elevation = asked({ whenAuditUnavailable: 'spool' });
    expect(tighten(elevation, terms({ reviewWithinMs: 7 }))).toMatchObject({
      whenAuditUnavailable: 'refuse',
      review: { withinMs: 7, overdue: false },
    });
    expect(tighten(asked({ reviewWithinMs: 5 }), terms({ reviewWithinMs: 7 })).review?.withinMs).toBe(5);
  });

  it('lasts as long as the entry allows now, from its beginning', () => {
    const short = terms({ maxDurationMs: 10_000 });
    expect(take(tighten(asked(), short), start, approve('bob')).expiresAt).toBe(start + 10_000);
    const active = take(asked(), start, approve('bob'), ...begin);
    expect(tighten(active, short).expiresAt).toBe(start + 10_000);
    expect(tighten(active, terms({ approvalsNeeded: 9, approvers: 'x' }))).toEqual(active);
  });

  it('that is an extension ends at most the allowed time after what it extends', () => {
    const extension = asked({ extends: { id: 'e0', until: start + 50_000 } });
    const active = take(extension, start, approve('bob'), ...begin);
    expect(active.expiresAt).toBe(start + 110_000);
    expect(latestEnd(active, 60_000)).toBe(start + 110_000);
    expect(latestEnd(active, 10_000)).toBe(start + 20_000);
  });

  it('is never cut by an entry that allows what was asked for, however late an extension is approved', () => {
    const ms = fc.integer({ min: 1000, max: 100_000 });
    fc.assert(
      fc.property(ms, ms, ms, ms, (first, second, askedAfter, more) => {
        const max = Math.max(first, second);
        const until = start + first;
        const at = start + Math.min(askedAfter, first - 1) + more;
        const extension = asked({ durationMs: second, extends: { id: 'e0', until }, pendingTimeoutMs: 200_000 });
        const approved = take(extension, at, approve('bob'));
        expect(latestEnd(approved, max)).toBe(approved.expiresAt);
        expect(latestEnd(approved, Math.floor(max / 2))).toBeLessThanOrEqual(approved.expiresAt!);
      }),
    );
  });

  it('never becomes less strict', () => {
    fc.assert(
      fc.property(
        fc.record({
          maxDurationMs: fc.nat(100_000),
          approvalsNeeded: fc.nat(3),
          approvers: fc.constantFrom('sre', 'leads'),
          whenAuditUnavailable: fc.constantFrom('refuse' as const, 'spool' as const),
          reviewWithinMs: fc.option(fc.nat(9000), { nil: undefined }),
        }),
        (demanded) => {
          for (const elevation of [asked(), take(asked({ approvalsNeeded: 2 }), start, approve('bob'))]) {
            const under = tighten(elevation, demanded);
            expect(under.durationMs).toBeLessThanOrEqual(elevation.durationMs);
            expect(under.approvalsNeeded).toBeGreaterThanOrEqual(elevation.approvalsNeeded);
            expect(under.approvals.length).toBeLessThanOrEqual(elevation.approvals.length);
            expect(tighten(under, demanded)).toEqual(under);
          }
        },
      ),
    );
  });
});
