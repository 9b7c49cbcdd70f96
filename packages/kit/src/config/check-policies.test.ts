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
