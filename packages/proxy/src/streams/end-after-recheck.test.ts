import { describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { allow } from '../testing/gateway-rig.ts';
import { endAfterRecheck } from './end-after-recheck.ts';

const who = { user: 'alice@example.com', uid: 'u', groups: ['developers', 'sre'], extra: {}, droppedGroups: [] };
const identity = { issuer: 'i', subject: 's', provider: 'p', user: who.user, groups: who.groups, amr: [] };
const before: CheckAnswer = { ...allow(who), identity };
const without: CheckAnswer['identity'] = { ...identity, groups: ['developers'] };
const decision = { effect: 'deny' as const, rule: 'cluster/dev[1].deny.and', reasons: [], policyVersion: 'v' };
const deny: CheckAnswer = { decision, identity, problem: { code: 'forbidden', detail: 'policy rule "x" refuses it' } };
const elevationEnded = 'Your elevation prod-admin was revoked by bob@example.com';
const detailOf = (answer: CheckAnswer) => endAfterRecheck([answer], before)?.detail;

describe('the end of what was allowed', () => {
  it.each<[string, CheckAnswer, string]>([
    ['an elevation', { ...deny, elevationEnded }, `${elevationEnded}, so this was ended.`],
    [
      'an elevation without which it is allowed',
      { ...allow({ ...who, groups: ['developers'] }), identity, elevationEnded },
      `${elevationEnded}, so this was ended. Open it again to go on without it.`,
    ],
    [
      'a group',
      { ...deny, identity: without },
      'This is no longer allowed, because you are no longer in sre, so it was ended: policy rule "x" refuses it',
    ],
    [
      'a group without which it is allowed',
      { ...allow({ ...who, groups: ['developers'] }), identity: without },
      'Your groups have changed since this was opened: you are no longer in sre. Open it again.',
    ],
    ['a rule', deny, 'This is no longer allowed, so it was ended: policy rule "x" refuses it'],
    [
      'all knowledge of the cluster',
      { ...deny, cluster: 'unknown' },
      'The policy no longer allows this (rule "cluster/dev[1].deny.and"), so it was ended.',
    ],
    [
      'the session',
      {
        ...deny,
        problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
        elevationEnded,
      },
      'This session was ended. Log in again.',
    ],
  ])('says that %s was lost', (_what, answer, detail) => {
    expect(detailOf(answer)).toBe(detail);
  });

  it('does not come while nothing was lost, whatever became of an elevation', () => {
    expect(detailOf({ ...before, elevationEnded })).toBeUndefined();
  });
});
