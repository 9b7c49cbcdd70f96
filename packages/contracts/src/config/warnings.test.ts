import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';
import { warnOfUnlinkedApprovers } from './warnings.ts';

const scim = { kind: 'scim', tokens: [{ id: 't', sha256: 'ab'.repeat(32) }] };
const file = { kind: 'map', id: 'people', file: 'people.yaml' };
const entry = {
  name: 'admin',
  clusters: ['*'],
  groups: ['admins'],
  requesters: { groups: ['dev'] },
  approvers: { groups: ['sre'] },
};
const warningsOf = (provider: object, more: object = {}) => {
  const { identity, elevations } = configSchema.parse({
    gateway: { url: 'http://127.0.0.1:8443' },
    identity: {
      directory: { sources: [scim, file] },
      providers: [{ id: 'corp', issuer: 'https://idp.example.com', clientId: 'c', ...provider }],
    },
    elevations: [{ ...entry, ...more }],
  });
  return warnOfUnlinkedApprovers({ identity, elevations }).map(({ path }) => path);
};
const byName = { claims: { user: 'preferred_username' } };
const rule = [{ allow: { or: [{ claim: 'x' }] } }];

describe('approvers with accounts that nothing links', () => {
  it.each([
    ['another claim names the users', byName, {}, ['elevations.0.approvers']],
    ['the subject may name a user', { userFallback: true }, {}, ['elevations.0.approvers']],
    ['a file is all that knows them', { ...byName, groupSources: ['people'] }, {}, ['elevations.0.approvers']],
    [
      'the approvers are a policy',
      { ...byName, prefix: { groups: 'o:' } },
      { approvers: rule },
      ['elevations.0.approvers'],
    ],
    [
      'they are one of several sets',
      { ...byName, prefix: { groups: 'o:' } },
      {
        approvers: undefined,
        approverSets: [
          { name: 'a', by: { groups: ['sre'] } },
          { name: 'b', by: { groups: ['o:sec'] } },
        ],
      },
      ['elevations.0.approverSets.1.by'],
    ],
    [
      'they review',
      byName,
      { approvers: undefined, approvals: 0, review: { by: { groups: ['sec'] } } },
      ['elevations.0.review.by'],
    ],
  ])('are warned of where %s', (_what, provider, more, expected) => {
    expect(warningsOf(provider, more)).toEqual(expected);
  });

  it.each([
    ['a verified address names the users', {}],
    ['a verified address is required', { ...byName, requireClaims: { email_verified: true } }],
    ['a directory knows them', { ...byName, groupSources: ['claims', 'scim'] }],
    ['the groups of the provider are others', { ...byName, prefix: { groups: 'o:' } }],
  ])('are not warned of where %s', (_what, provider) => {
    expect(warningsOf(provider)).toEqual([]);
  });
});
