import { describe, expect, it } from '@jest/globals';
import { elevationEntrySchema, elevationGroups } from './elevation.ts';
import { planPolicies } from './plan-policies.ts';

const entry = { name: 'break-glass', clusters: ['*'], groups: ['admins'], requesters: { groups: ['oncall'] } };
const by = { groups: ['security-auditors'] };
const faultsOf = (review: unknown) =>
  elevationEntrySchema
    .safeParse({ ...entry, approvals: 0, review })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the review of an elevation in the configuration', () => {
  it('names reviewers, and is due a day after the end unless it says otherwise', () => {
    const parse = (review: unknown) => elevationEntrySchema.parse({ ...entry, approvals: 0, review }).review;
    expect(parse({ by })).toEqual({ by, within: 86_400_000 });
    expect(parse({ by, within: '90d' })).toEqual({ by, within: 90 * 86_400_000 });
    expect([parse(undefined), parse(null)]).toEqual([undefined, null]);
  });

  it.each([
    [{}, [expect.stringMatching(/^review\.by: /)]],
    [{ by: null }, ['review.by: is missing: say who reviews, for example {groups: [security-auditors]}']],
    [{ by, within: '0s' }, ['review.within: must be between one second and 90 days']],
    [{ by, within: '91d' }, ['review.within: must be between one second and 90 days']],
    [{ by, within: 'soon' }, [expect.stringContaining('not a duration')]],
    [{ by, until: '1d' }, [expect.stringContaining('"until"')]],
    [{ by }, []],
  ])('%j has these faults: %j', (review, faults) => {
    expect(faultsOf(review)).toEqual(faults);
  });

  it('is a policy of its own, at its place in the file', () => {
    const rule = [{ allow: { and: [{ groups: 'auditors' }, { max_age: '5m' }] } }];
    const plan = planPolicies({
      elevations: [
        { ...entry, review: { by } },
        { ...entry, name: 'b', review: { by: rule } },
        { name: 'c', review: 7 },
      ],
    });
    expect(plan.elevations.map(({ reviewers }) => reviewers)).toEqual([
      ['elevation/break-glass/reviewers'],
      ['elevation/b/reviewers'],
      [],
    ]);
    expect(plan.documents.filter(({ scope }) => scope.endsWith('/reviewers'))).toEqual([
      {
        scope: 'elevation/break-glass/reviewers',
        path: ['elevations', 0, 'review', 'by'],
        document: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
      },
      { scope: 'elevation/b/reviewers', path: ['elevations', 1, 'review', 'by'], document: rule },
    ]);
  });

  it('has names for people only if it names groups', () => {
    expect(elevationGroups(by)).toEqual(['security-auditors']);
    for (const other of [undefined, null, 'x', [], { groups: 'x' }, { groups: [1] }, { ...by, claim: {} }])
      expect(elevationGroups(other)).toBeUndefined();
  });
});
