import { describe, expect, it } from '@jest/globals';
import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import fc from 'fast-check';
import { asked, person, start } from '../testing/example-elevation.ts';
import { peopleOf } from './approvals.ts';
import { foldName, accountName, ownNames, type NamesOf } from './same-person.ts';
import { transition, type ElevationStep } from './transition.ts';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];
const other = person('other', { issuer: 'https://other.example.com', user: 'ops', email: 'ops@other.example.com' });

/** Links accounts, as a directory does. */
const linking =
  (...linked: ElevationPerson[]): NamesOf =>
  (one) => [...ownNames(one), ...(linked.some((each) => accountName(each) === accountName(one)) ? ['linked'] : [])];

function take(elevation: Elevation, now: number, namesOf: NamesOf, ...steps: ElevationStep[]): Elevation {
  return steps.reduce((before, step) => {
    const outcome = transition(before, step, now, namesOf);
    if (!outcome.ok) throw new Error(`${step.type} of ${before.state}: ${outcome.refusal}`);
    return outcome.next;
  }, elevation);
}
const recorded: ElevationStep = { type: 'recorded', upTo: 99 };
const tick: ElevationStep = { type: 'tick' };
const approve = (by: ElevationPerson): ElevationStep => ({ type: 'approve', by });

describe('two spellings of one name', () => {
  it.each([
    ['capitals', 'ALICE@Example.COM'],
    ['full-width letters', 'ａｌｉｃｅ＠example.com'],
    ['a soft hyphen', 'al\u{AD}ice@example.com'],
    ['a zero-width space in the domain', 'alice@exam\u{200B}ple.com'],
    ['a trailing dot', 'alice@example.com.'],
    ['an ideographic full stop', 'alice@example。com'],
    ['a tag', 'alice+second@example.com'],
    ['spaces around', ' alice@example.com\u{3000}'],
    ['a quoted mailbox', '"alice"@example.com'],
    ['a quoted mailbox with backslashes', '"a\\l\\ice"@example.com'],
    ['full-width quotes', '＂alice＂@example.com'],
    ['a quoted part of a mailbox', 'al"ice"@example.com'],
    ['a tag in quotes', '"alice+second"@example.com'],
    ['a tag behind a backslash', '"alice\\+second"@example.com'],
    ['spaces in quotes', '" alice "@example.com'],
    ['a space in front of a tag', '"alice +second"@example.com'],
  ])('are the same: %s', (_what, spelling) => {
    expect(foldName(spelling)).toBe('alice@example.com');
  });

  it.each([
    ['a sharp s', 'strauß@example.com', 'STRAUSS@example.com'],
    ['a composed letter', 'andr\u{E9}@example.com', 'andre\u{301}@example.com'],
    ['a domain in punycode', 'a@bücher.example', 'a@xn--bcher-kva.example'],
    ['dots where the mail service ignores them', 'a.lice@gmail.com', 'alice@googlemail.com'],
    ['the Kelvin sign', 'mar\u{212A}@example.com', 'mark@example.com'],
    ['quotes and dots where the mail service ignores them', '"a.lice"@gmail.com', 'alice@googlemail.com'],
    ['a quoted dot', '"a.lice"@example.com', 'a.lice@example.com'],
    ['a backslash within a letter', '"andre\\\u{301}"@example.com', 'andr\u{E9}@example.com'],
  ])('are the same: %s', (_what, one, two) => {
    expect(foldName(one)).toBe(foldName(two));
  });

  it.each([
    ['alice@example.com', 'alice@example.org'],
    ['alice@example.com', 'alice'],
    ['a.lice@example.com', 'alice@example.com'],
    ['alice+x', 'alice'],
    ['+a@example.com', '+b@example.com'],
    ['"alice"@example.com', '"bob"@example.com'],
    ['"alice"', 'alice'],
  ])('differ: %s, %s', (one, two) => {
    expect(foldName(one)).not.toBe(foldName(two));
  });

  it('fold to a form that stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.boolean(), (text, isAddress) => {
        const once = foldName(isAddress ? `${text}@example.com` : text);
        expect(foldName(once)).toBe(once);
      }),
    );
  });

  it('fold to a form that stays as it is, also with quotes, backslashes, tags and spaces', () => {
    const unit = fc.constantFrom('"', '\\', '+', ' ', '.', 'a', 'Σ', 'e', '\u{301}', '＂', '@');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const once = foldName(`${text}@example.com`);
        expect(foldName(once)).toBe(once);
      }),
    );
  });
});

describe('an account that the directory links to the requester', () => {
  it('cannot approve, and cannot review', () => {
    const namesOf = linking(alice, other);
    const pending = asked({ reviewWithinMs: 1000 });
    expect(transition(pending, approve(other), start, namesOf)).toEqual({ ok: false, refusal: 'own-request' });
    const active = take(pending, start, namesOf, approve(bob), recorded, tick);
    const review: ElevationStep = { type: 'review', by: other, verdict: 'justified', comment: 'seen' };
    expect(transition(active, review, start, namesOf)).toEqual({ ok: false, refusal: 'own-review' });
  });

  it('cannot approve once the link is known, whenever the request was made', () => {
    const pending = asked({ approvalsNeeded: 2 });
    const once = take(pending, start, ownNames, approve(other));
    expect(once.approvals).toHaveLength(1);
    // The approval of the account does not count any more, so two others must approve.
    const twice = take(once, start, linking(alice, other), approve(bob));
    expect(twice).toMatchObject({ state: 'pending', approvals: [{ by: bob }] });
    expect(take(twice, start, linking(alice, other), approve(carol)).state).toBe('approved');
  });

  it('ends the elevation if the link becomes known after the approval and before it is active', () => {
    for (const startsAt of [undefined, start + 5000]) {
      const approved = take(asked(startsAt === undefined ? {} : { startsAt }), start, ownNames, approve(other));
      expect(approved.state).toBe('approved');
      const later = start + 5000;
      for (const before of [approved, take(approved, later, ownNames, recorded)]) {
        const ended = take(before, later, linking(alice, other), tick);
        expect(ended).toMatchObject({
          state: 'revoked',
          ended: { detail: expect.stringContaining('another account') },
        });
        expect(ended.unrecorded.at(-1)).toMatchObject({ type: 'elevation.revoked' });
        expect(ended.ended).not.toHaveProperty('by');
      }
    }
  });
});

describe('an account with an address that is not verified', () => {
  const bare = (name: string, asserted: string[] = []) => ({
    issuer: 'https://other.example.com',
    subject: `sub-${name}`,
    user: name,
    asserted: asserted.map(foldName),
  });

  it.each([
    ['is that of the requester', alice, bare('a2', ['ALICE@example.com'])],
    ['is that of the approver', bare('a2', ['alice+x@example.com']), alice],
    ['both have, and neither has verified', bare('a1', ['x@example.com']), bare('a2', ['X@example.com'])],
    ['the directory has for the requester', person('smith'), bare('a2', ['linked@example.com'])],
  ])('cannot approve and cannot review, if it %s', (_what, requester, approver) => {
    const namesOf: NamesOf = (one) => [
      ...ownNames(one),
      ...(one.user === 'smith@example.com' ? ['linked@example.com'] : []),
    ];
    const pending = asked({ requester, reviewWithinMs: 1000 });
    expect(transition(pending, approve(approver), start, namesOf)).toEqual({ ok: false, refusal: 'own-request' });
    const active = take(pending, start, namesOf, approve(bob), recorded, tick);
    const review: ElevationStep = { type: 'review', by: approver, verdict: 'justified', comment: 'seen' };
    expect(transition(active, review, start, namesOf)).toEqual({ ok: false, refusal: 'own-review' });
  });

  it('approves once with the account whose address it is', () => {
    const once = take(asked({ approvalsNeeded: 2 }), start, ownNames, approve(bob));
    const refused = { ok: false, refusal: 'approved-already' };
    expect(transition(once, approve(bare('b2', ['bob@example.com'])), start, ownNames)).toEqual(refused);
  });

  it('does not make one person of two others, whose addresses it claims', () => {
    const stranger = bare('eve', ['alice@example.com', 'bob@example.com']);
    const once = take(asked({ approvalsNeeded: 2 }), start, ownNames, approve(carol));
    expect(transition(once, approve(stranger), start, ownNames)).toEqual({ ok: false, refusal: 'own-request' });
    expect(take(once, start, ownNames, approve(bob)).state).toBe('approved');
  });

  it('is another person if it asserts nothing that the other has', () => {
    expect(take(asked(), start, ownNames, approve(bare('eve', ['eve@example.com']))).state).toBe('approved');
    expect(take(asked({ requester: bare('a1') }), start, ownNames, approve(bare('a2'))).state).toBe('approved');
  });
});

describe('two accounts that the directory links', () => {
  it('approve once, and one approval is too few if the link is known only later', () => {
    const namesOf = linking(bob, other);
    const once = take(asked({ approvalsNeeded: 2 }), start, namesOf, approve(bob));
    expect(transition(once, approve(other), start, namesOf)).toEqual({ ok: false, refusal: 'approved-already' });
    const both = take(once, start, ownNames, approve(other), recorded);
    expect(both.state).toBe('approved');
    expect(take(both, start, namesOf, tick).state).toBe('revoked');
    expect(take(both, start, ownNames, tick).state).toBe('active');
  });

  it('approve for one of several sets, whenever the link becomes known', () => {
    const namesOf = linking(bob, other);
    const sets = ['leads', 'security'].map((name) => ({ name, approvals: 1 }));
    const of = (by: ElevationPerson, ...names: string[]): ElevationStep => ({ type: 'approve', by, sets: names });
    const once = take(asked({ approverSets: sets }), start, ownNames, of(bob, 'leads'));
    expect(transition(once, of(other, 'security'), start, namesOf)).toEqual({ ok: false, refusal: 'approved-already' });
    const both = take(once, start, ownNames, of(other, 'security'), recorded);
    expect(take(both, start, namesOf, tick).state).toBe('revoked');
    // What no longer counts leaves its place to someone else.
    const refused = { ok: false, refusal: 'set-complete' };
    expect(transition(once, of(carol, 'leads'), start, ownNames)).toEqual(refused);
    expect(take(once, start, linking(alice, bob), of(carol, 'leads'))).toMatchObject({ approvals: [{ by: carol }] });
  });
});

describe('the people whose names a step depends on', () => {
  const users = (elevation: Elevation, step: ElevationStep, now = start) =>
    peopleOf(elevation, step, now).map(({ subject }) => subject);
  const approved = take(asked({ startsAt: start + 5000 }), start, ownNames, approve(bob));

  it('are the requester, the approvers and the one who takes it', () => {
    const once = take(asked({ approvalsNeeded: 2 }), start, ownNames, approve(bob));
    expect(users(once, approve(carol))).toEqual(['sub-alice', 'sub-bob', 'sub-carol']);
    const reviewed = asked({ reviewWithinMs: 1000 });
    const review: ElevationStep = { type: 'review', by: carol, verdict: 'justified', comment: 'seen' };
    expect(users(reviewed, review)).toEqual(['sub-alice', 'sub-carol']);
    expect(users(approved, tick, start + 5000)).toEqual(['sub-alice', 'sub-bob']);
  });

  it('are none where names decide nothing', () => {
    expect(users(approved, tick)).toEqual([]);
    expect(users(approved, approve(carol))).toEqual([]);
    expect(users(asked({ approvalsNeeded: 0 }), tick)).toEqual([]);
    expect(users(asked(), { type: 'deny', by: bob })).toEqual([]);
  });

  it('are asked for whenever a step compares them', () => {
    const only =
      (known: readonly ElevationPerson[]): NamesOf =>
      (one) => {
        if (!known.some((each) => accountName(each) === accountName(one))) throw new Error(`unknown: ${one.user}`);
        return ownNames(one);
      };
    const steps = [approve(carol), tick, { type: 'revoke', by: bob } as const, { type: 'deny', by: bob } as const];
    for (const elevation of [asked(), approved, take(asked({ approvalsNeeded: 2 }), start, ownNames, approve(bob))])
      for (const step of steps)
        for (const now of [start, start + 5000, start + 10_000_000])
          expect(() => transition(elevation, step, now, only(peopleOf(elevation, step, now)))).not.toThrow();
  });
});
