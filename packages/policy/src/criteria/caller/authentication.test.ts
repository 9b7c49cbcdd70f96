import { describe, expect, it } from '@jest/globals';
import type { PolicyInput } from '../../input/policy-input.ts';
import { alice, faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';

const at = Date.parse('2026-03-01T08:00:00Z');
const session = (members: PolicyInput['session'], now = at): PolicyInput => ({
  ...alice,
  session: { id: 's', ...members },
  now,
});
const minute = 60_000;

describe('acr', () => {
  it('is the authentication class of the caller; without one nothing matches', () => {
    expect(evaluateCriterion('acr', 'phr', session({ acr: 'phr' }))).toEqual([true, 'acr-ok']);
    expect(evaluateCriterion('acr', { in: ['phr', 'phrh'] }, session({ acr: 'phrh' }))).toEqual([true, 'acr-ok']);
    for (const acr of ['PHR', 'phrh', '0', '', undefined])
      expect(evaluateCriterion('acr', 'phr', session({ acr }))).toEqual([false, 'acr-unauthorized']);
    expect(evaluateCriterion('acr', { not: 'phr' }, session({}))).toEqual([false, 'acr-unauthorized']);
    expect(evaluateCriterion('acr', { not: 'x' }, { now: at })).toEqual([false, 'user-unauthenticated']);
  });

  it('is not read from a claim of that name', () => {
    expect(
      evaluateCriterion('acr', 'phr', { ...session({ claims: { acr: 'phr' } }), user: { claims: { acr: 'phr' } } }),
    ).toEqual([false, 'acr-unauthorized']);
  });
});

describe('amr', () => {
  it('are the methods with which the caller was authenticated; without any the list is empty', () => {
    expect(evaluateCriterion('amr', 'hwk', session({ amr: ['pwd', 'hwk'] }))).toEqual([true, 'amr-ok']);
    expect(evaluateCriterion('amr', 'hwk', session({ amr: ['pwd'] }))).toEqual([false, 'amr-unauthorized']);
    expect(evaluateCriterion('amr', { has: 'hwk', exclude: 'sms' }, session({ amr: ['hwk', 'sms'] }))).toEqual([
      false,
      'amr-unauthorized',
    ]);
    expect([
      evaluateCriterion('amr', 'hwk', session({})),
      evaluateCriterion('amr', { exclude: 'sms' }, session({})),
    ]).toEqual([
      [false, 'amr-unauthorized'],
      [true, 'amr-ok'],
    ]);
    expect(evaluateCriterion('amr', { exclude: 'sms' }, {})).toEqual([false, 'user-unauthenticated']);
  });
});

describe('auth_time', () => {
  it('is between two times; if it is missing, nothing matches', () => {
    expect(evaluateCriterion('auth_time', { after: '2026-03-01T07:59:59Z' }, session({ authTime: at }))).toEqual([
      true,
      'auth-time-ok',
    ]);
    expect(evaluateCriterion('auth_time', { after: '2026-03-01T08:00:00Z' }, session({ authTime: at }))).toEqual([
      false,
      'auth-time-unauthorized',
    ]);
    expect(evaluateCriterion('auth_time', { before: '2026-03-01T08:00:01+00:00' }, session({ authTime: at }))).toEqual([
      true,
      'auth-time-ok',
    ]);
    expect(evaluateCriterion('auth_time', { before: '2030-01-01' }, session({}))).toEqual([
      false,
      'auth-time-unauthorized',
    ]);
    expect(evaluateCriterion('auth_time', { before: '2030-01-01' }, { now: at })).toEqual([
      false,
      'user-unauthenticated',
    ]);
  });

  it('is validated like dates', () => {
    expect(faultsOf('auth_time', { after: 'yesterday' })).toEqual(['auth_time.after: "yesterday" is not a date']);
    expect(faultsOf('auth_time', {})).toEqual(['auth_time: needs after or before']);
    expect(warningsOf('auth_time', { after: '2026-03-02', before: '2026-03-01' })[0]).toMatch(/never holds/);
  });
});

describe('max_age', () => {
  it('holds for this long after the authentication, to the millisecond', () => {
    for (const [ago, holds] of [
      [0, true],
      [15 * minute, true],
      [15 * minute + 1, false],
      [-minute, true],
    ] as const) {
      expect(evaluateCriterion('max_age', '15m', session({ authTime: at - ago }))).toEqual([
        holds,
        holds ? 'max-age-ok' : 'max-age-unauthorized',
      ]);
    }
    expect(evaluateCriterion('max_age', '1h30m', session({ authTime: at - 90 * minute }))).toEqual([
      true,
      'max-age-ok',
    ]);
  });

  it('does not hold if the time of authentication or the current time is unknown', () => {
    expect(evaluateCriterion('max_age', '15m', session({}))).toEqual([false, 'max-age-unauthorized']);
    expect(evaluateCriterion('max_age', '15m', { ...session({ authTime: at }), now: undefined })).toEqual([
      false,
      'max-age-unauthorized',
    ]);
    expect(evaluateCriterion('max_age', '15m', session({ authTime: 'soon' as never }))).toEqual([
      false,
      'max-age-unauthorized',
    ]);
    expect(evaluateCriterion('max_age', '15m', { now: at })).toEqual([false, 'user-unauthenticated']);
  });

  it.each(['15', 'm', '', '15 m', '1h 30m', '-5m', '1e3m', '.5h', 'P1D', '9'.repeat(70)])('refuses %j', (text) => {
    expect(faultsOf('max_age', text)).toEqual([expect.stringMatching(/^max_age: .*is not a duration$/)]);
  });

  it('refuses what is not a string', () => {
    expect([900, null, true, ['15m'], { max: '15m' }].map((data) => faultsOf('max_age', data)[0])).toEqual(
      ['a number', 'null', 'a boolean', 'a list', 'a mapping'].map((kind) =>
        expect.stringMatching(new RegExp(`^max_age: must be a duration, not (${kind}|.*)$`)),
      ),
    );
  });
});

describe('an expression', () => {
  it('can read all of it', () => {
    const text = 'session.acr == "phr" && "hwk" in session.amr && now - session.authTime < duration("15m")';
    expect(evaluateCriterion('expression', text, session({ acr: 'phr', amr: ['hwk'], authTime: at - minute }))).toEqual(
      [true, 'expression-ok'],
    );
    expect(
      evaluateCriterion('expression', text, session({ acr: 'phr', amr: ['hwk'], authTime: at - 20 * minute })),
    ).toEqual([false, 'expression-unauthorized']);
    expect(evaluateCriterion('expression', text, session({ acr: 'phr', amr: ['hwk'] }))[0]).toBe(false);
  });
});
