import { expect, it } from '@jest/globals';
import { auditDraft, type LoginEvent } from './audit-draft.ts';

const person = { issuer: 'i', subject: 's', user: 'ci:example/shop', groups: [], amr: [] };
const draftOf = (more: Partial<LoginEvent>) =>
  auditDraft(
    {
      type: 'session.revoked',
      verb: 'revoke',
      path: '/x',
      user: undefined,
      of: { ...person, provider: 'workload/ci' },
      session: { id: 'one', kind: 'workload' },
      facts: {},
      code: 200,
      ...more,
    },
    'audit-1',
  ).sallyport;

it('names the workload in every event of its session', () => {
  expect(draftOf({}).workload).toEqual({ name: 'ci' });
  expect(draftOf({ session: { id: 'one', kind: 'cli' } }).workload).toBeUndefined();
  expect(draftOf({ of: person }).workload).toBeUndefined();
});

it('keeps what is known of the token of a workload', () => {
  const workload = { name: 'ci', issuer: 'i', subject: 's', audience: 'a', claims: {} };
  expect(draftOf({ workload }).workload).toEqual(workload);
});
