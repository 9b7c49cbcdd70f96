import { describe, expect, it } from '@jest/globals';
import { shownText } from '@sallyport/kit';
import { exampleNotice, hostileText } from '../testing/example-notice.ts';
import { describeNotice } from './describe-notice.ts';

const gateway = 'https://gate.example.com';
const titleOf = (...args: Parameters<typeof exampleNotice>) => describeNotice(exampleNotice(...args), gateway).title;
const expiresAt = Date.parse('2026-11-01T08:31:12.345Z');

describe('the description of a notice', () => {
  it.each([
    [titleOf(), 'alice@example.com asks for prod-admin on prod-eu'],
    [titleOf({}, { namespace: 'shop' }), 'alice@example.com asks for prod-admin on prod-eu, namespace shop'],
    [
      titleOf({ type: 'elevation.approved', by: 'bob@example.com' }),
      'bob@example.com approved prod-admin on prod-eu for alice@example.com',
    ],
    [
      titleOf({ type: 'elevation.activated' }, { expiresAt }),
      'alice@example.com has prod-admin on prod-eu until 2026-11-01 08:31:12 UTC',
    ],
    [
      titleOf({ type: 'elevation.activated' }, { expiresAt, approvalsNeeded: 0 }),
      'Without approval: alice@example.com has prod-admin on prod-eu until 2026-11-01 08:31:12 UTC',
    ],
    [
      titleOf({ type: 'elevation.revoked', by: undefined }),
      'The gateway ended prod-admin on prod-eu of alice@example.com',
    ],
    [
      titleOf({ type: 'elevation.review-overdue' }),
      'The review of prod-admin on prod-eu of alice@example.com is overdue',
    ],
    [titleOf({ type: 'elevation.unknown' }), 'prod-admin on prod-eu of alice@example.com: unknown'],
  ])('has the title %s', (title, expected) => {
    expect(title).toBe(expected);
  });

  it('has the facts, and a link that only shows', () => {
    const { facts, link } = describeNotice(exampleNotice({}, { ticket: 'INC-1', durationMs: 5_430_000 }), gateway);
    expect(Object.fromEntries(facts.map(({ label, text }) => [label, text]))).toEqual({
      Reason: 'the shop is down',
      Ticket: 'INC-1',
      Groups: 'cluster-admins',
      For: '1h30m30s',
      'Decide before': '2026-11-01 09:00:00 UTC',
      Approvals: '0 of 1',
    });
    expect(link).toBe('https://gate.example.com/.sallyport/elevations/5f0c6a1e-0000-4000-8000-000000000001');
  });

  it('says whose approval is lacking for as long as it waits', () => {
    const approverSets = [
      { name: 'leads', approvals: 1, lacks: 0 },
      { name: 'security', approvals: 2, lacks: 2 },
    ];
    const approvals = (state: string) =>
      describeNotice(
        exampleNotice({}, { state, approvalsNeeded: 3, approvers: ['bob@example.com'], approverSets }),
        gateway,
      ).facts.find(({ label }) => label === 'Approvals')!.text;
    expect([approvals('pending'), approvals('timed-out')]).toEqual(['1 of 3, needs 2 of security', '1 of 3']);
  });

  it('shows what people wrote on one line, bounded, with nothing invisible', () => {
    const long = `${hostileText} ${'x'.repeat(5000)}`;
    const { title, facts } = describeNotice(
      exampleNotice({ detail: long, by: long }, { reason: long, user: long, ticket: long, groups: [long] }),
      gateway,
    );
    for (const text of [title, ...facts.map((fact) => fact.text)]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(text.length).toBeLessThan(800);
    }
    expect(shownText('a\nb\u202ec')).toBe('a b\\u{202e}c');
    expect(shownText('\ud800')).toBe('\\u{d800}');
    expect(shownText('😀'.repeat(300))).toBe(`${'😀'.repeat(200)}…`);
  });
});
