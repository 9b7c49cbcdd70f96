import { describe, expect, it } from '@jest/globals';
import { alice, faultsOf, evaluateCriterion, warningsOf } from '../../testing/evaluate-criterion.ts';

const cases: [key: string, data: unknown, reason: string, bad: unknown[]][] = [
  ['mcp_tool', { not_in: ['query'] }, 'mcp-tool-unauthorized', [1, [], {}, { iss: 'x' }]],
  ['ssh_publickey', 'ssh-ed25519 AAAA', 'ssh-publickey-unauthorized', [1, null, {}, ['a', 1]]],
  ['ssh_ca', ['ssh-ed25519 AAAA'], 'ssh-publickey-unauthorized', [1, null, {}, ['a', 1]]],
  ['ssh_username', { in: ['root'] }, 'ssh-username-unauthorized', [1, [], {}]],
  ['ssh_username_matches_email', true, 'ssh-username-unauthorized', []],
  ['ssh_username_matches_claim', 'login', 'ssh-username-unauthorized', [1, null, {}]],
  ['pomerium_routes', true, 'non-pomerium-route', []],
];

describe('a criterion that only Pomerium supports', () => {
  it.each(cases)('%s compiles with a warning and never holds', (key, data, reason, bad) => {
    expect(warningsOf(key, data)[0]).toMatch(/^never holds: Sallyport has no /);
    expect(evaluateCriterion(key, data, alice)).toEqual([false, reason]);
    for (const one of bad) expect(faultsOf(key, one)).toHaveLength(1);
  });

  it('warns that it always counts as true under not', () => {
    for (const operator of ['not', 'nor'])
      expect(warningsOf('mcp_tool', 'x', { operator })[0]).toMatch(
        new RegExp(`under ${operator} it always counts as true$`),
      );
  });

  it('asks to log in if the criterion is about the caller', () => {
    for (const key of ['ssh_username_matches_email', 'ssh_username_matches_claim'])
      expect(evaluateCriterion(key, 'x', {})).toEqual([false, 'user-unauthenticated']);
  });
});
