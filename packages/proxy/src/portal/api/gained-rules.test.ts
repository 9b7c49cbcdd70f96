import { describe, expect, it } from '@jest/globals';
import { gainedRules } from './gained-rules.ts';
import type { ReviewedRules } from '../../access-review/read-review.ts';

type Rule = Partial<ReviewedRules['resourceRules'][0]>;
const rules = (...resourceRules: Rule[]): ReviewedRules => ({
  resourceRules: resourceRules.map((rule) => ({
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    resourceNames: [],
    ...rule,
  })),
  nonResourceRules: [],
  incomplete: false,
});

describe('what is gained', () => {
  it('is what was not there, by kind, each verb once, sorted', () => {
    const after = rules(
      {},
      { verbs: ['list', 'get', 'delete'] },
      { verbs: ['delete'] },
      { apiGroups: ['apps', ''], resources: ['deployments'], verbs: ['patch'] },
    );
    expect(gainedRules(rules({}), after)).toEqual([
      { apiGroup: '', resource: 'deployments', verbs: ['patch'] },
      { apiGroup: '', resource: 'pods', verbs: ['delete', 'list'] },
      { apiGroup: 'apps', resource: 'deployments', verbs: ['patch'] },
    ]);
  });

  it.each<[string, Rule]>([
    ['the same', {}],
    ['all verbs', { verbs: ['*'] }],
    ['all kinds', { resources: ['*'] }],
    ['all groups', { apiGroups: ['*'] }],
    ['everything', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  ])('is nothing where %s was allowed before', (_what, before) => {
    expect(gainedRules(rules(before), rules({}))).toEqual([]);
    expect(gainedRules(rules(before), rules({ resourceNames: ['web'] }))).toEqual([]);
  });

  it('is the wildcard where only parts of it were allowed before', () => {
    expect(gainedRules(rules({}), rules({ verbs: ['*'] }))).toEqual([{ apiGroup: '', resource: 'pods', verbs: ['*'] }]);
    expect(gainedRules(rules({ resourceNames: ['web'] }), rules({}))).toEqual([
      { apiGroup: '', resource: 'pods', verbs: ['get'] },
    ]);
    expect(gainedRules(rules({ resourceNames: ['web'] }), rules({ resourceNames: ['web', 'db'] }))).toEqual([
      { apiGroup: '', resource: 'pods', resourceName: 'db', verbs: ['get'] },
    ]);
  });

  it('is bounded, whatever a cluster says', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const gained = gainedRules(rules(), rules({ apiGroups: many, resources: many, resourceNames: many, verbs: many }));
    expect(gained.reduce((sum, { verbs }) => sum + verbs.length, 0)).toBe(50_000);
  });
});
