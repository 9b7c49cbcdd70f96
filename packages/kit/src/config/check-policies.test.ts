import { describe, expect, it } from '@jest/globals';
import { checkPolicies } from './check-policies.ts';

const warning = (message: string) => ({ path: [0, 'deny'], message });
const check = (...messages: string[]) =>
  checkPolicies(
    { data: { policy: [{}], clusters: [{ name: 'dev', policy: [{}] }] }, place: () => undefined },
    {
      compilePolicy: () => ({ ok: true, policy: {}, warnings: messages.map(warning) }),
      policyVersion: () => 'v',
    },
  ).warnings.map(({ path, message }) => `${path}: ${message}`);

describe('the warnings of policies', () => {
  it('are complete, even several for one place, and without duplicates', () => {
    expect(check('is one thing', 'is another', 'is one thing')).toEqual([
      'policy.0.deny: is one thing',
      'policy.0.deny: is another',
      'clusters.0.policy.0.deny: is one thing',
      'clusters.0.policy.0.deny: is another',
    ]);
  });
});

describe('an elevation', () => {
  const warningsOf = (entry: object) =>
    checkPolicies(
      { data: { elevations: [{ name: 'a', requesters: { groups: ['x'] }, ...entry }] }, place: () => undefined },
      { compilePolicy: () => ({ ok: true, policy: {}, warnings: [] }), policyVersion: () => 'v' },
    ).warnings.map(({ path, message }) => `${path}: ${message}`);

  it('is warned of if it begins without an approval and no one reviews it', () => {
    expect(warningsOf({ approvals: 0 })).toEqual([
      'elevations.0: begins without an approval, and no one has to review it',
    ]);
    expect(warningsOf({ approvals: 0, review: { by: { groups: ['y'] } } })).toEqual([]);
    expect(warningsOf({ approvers: { groups: ['y'] } })).toEqual([]);
  });
});
