import { describe, expect, it } from '@jest/globals';
import { elevationEntrySchema } from './elevation.ts';
import { planPolicies } from './plan-policies.ts';

const entry = { name: 'admin', clusters: ['*'], groups: ['admins'], requesters: { groups: ['sre'] } };
const [leads, security] = [{ groups: ['leads'] }, { groups: ['security'] }];
const faultsOf = (more: object) =>
  elevationEntrySchema
    .safeParse({ ...entry, ...more })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('several sets of approvers in the configuration', () => {
  it('need their approvals in all, one each by default', () => {
    const approvalsOf = (more: object) => elevationEntrySchema.parse({ ...entry, ...more }).approvals;
    expect(approvalsOf({ approverSets: [{ name: 'a', by: leads }] })).toBe(1);
    expect(
      approvalsOf({
        approverSets: [
          { name: 'a', by: leads, approvals: 2 },
          { name: 'b', by: security },
        ],
      }),
    ).toBe(3);
    expect([approvalsOf({ approvers: leads }), approvalsOf({ approvers: leads, approvals: 4 })]).toEqual([1, 4]);
    expect(approvalsOf({ approvals: 0 })).toBe(0);
  });

  const a = { name: 'a', by: leads };
  it.each<[object, string]>([
    [{ approverSets: [] }, 'approverSets: '],
    [{ approverSets: [a], approvers: leads }, 'approvers: is of no use with approverSets'],
    [{ approverSets: [a], approvals: 1 }, 'approvals: is of no use with approverSets'],
    [{ approverSets: [a], approvals: 0 }, 'approvals: is of no use with approverSets'],
    [{ approverSets: [a, { name: 'a', by: security }] }, 'approverSets.1.name: two sets have the name a'],
    [{ approverSets: [a, { name: 'b', by: leads }] }, 'approverSets.1.by: is the same as that of a'],
    [{ approverSets: [{ ...a, approvals: 0 }] }, 'approverSets.0.approvals: '],
    [{ approverSets: [{ ...a, approvals: 1.5 }] }, 'approverSets.0.approvals: '],
    [
      {
        approverSets: [
          { ...a, approvals: 6 },
          { name: 'b', by: security, approvals: 5 },
        ],
      },
      'approverSets: need more than 10 approvals in all',
    ],
    [{ approverSets: [{ name: 'a' }] }, 'approverSets.0.by: '],
    [{ approverSets: [{ name: 'a', by: null }] }, 'approverSets.0.by: is missing'],
    [{ approverSets: [{ name: 'a', by: [] }] }, 'approverSets.0.by: allows no one to approve'],
    [{ approverSets: [{ name: 'a', by: { deny: { or: [{ groups: 'x' }] } } }] }, 'approverSets.0.by: allows no one'],
    [{ approverSets: [{ name: 'A b', by: leads }] }, 'approverSets.0.name: not a name'],
    [{ approverSets: [{ ...a, approvers: leads }] }, 'approverSets.0: '],
    [{ approverSets: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, by: { groups: [name] } })) }, 'Sets'],
    [{}, 'approvers: is missing'],
    [{ approvals: 0, approvers: leads }, 'approvers: is of no use with approvals: 0'],
  ])('%j is refused: %s', (more, fault) => {
    expect(faultsOf(more)).toEqual([expect.stringContaining(fault)]);
  });

  it('are policies of their own, each at its place in the file', () => {
    const rule = [{ allow: { and: [{ groups: 'security' }, { max_age: '5m' }] } }];
    const plan = planPolicies({
      elevations: [
        { ...entry, approverSets: [a, { name: 'b', by: rule }] },
        { ...entry, name: 'plain', approvers: leads },
        { ...entry, name: 'odd', approverSets: { a: 7 } },
      ],
    });
    expect(plan.elevations.map(({ approvers, approverSets }) => [approvers, approverSets])).toEqual([
      [
        [],
        [
          { name: 'a', scopes: ['elevation/admin/approvers/a'] },
          { name: 'b', scopes: ['elevation/admin/approvers/b'] },
        ],
      ],
      [['elevation/plain/approvers'], []],
      [[], []],
    ]);
    expect(plan.documents.find(({ scope }) => scope === 'elevation/admin/approvers/b')).toEqual({
      scope: 'elevation/admin/approvers/b',
      path: ['elevations', 0, 'approverSets', 1, 'by'],
      document: rule,
    });
  });
});
