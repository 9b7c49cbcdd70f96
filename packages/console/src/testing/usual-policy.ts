import type { Explanation, PolicyRules, WhatIf } from '@sallyport/contracts/answers';
import { ago, hostile, iso, now } from './values.ts';

export const explanation: Explanation = {
  cluster: 'prod',
  person: { user: 'alice@example.com', groups: ['developers'], other: false },
  asked: {
    verb: 'delete',
    resource: 'pods',
    apiGroup: '',
    subresource: '',
    namespace: 'shop',
    name: '',
    isResourceRequest: true,
    method: 'DELETE',
    path: '/api/v1/namespaces/shop/pods',
  },
  decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'a1b2c3' },
  detail: 'No rule allows this.',
  shows: 'all',
  rules: [
    {
      rule: 'cluster/prod[0]',
      ruleName: hostile,
      action: 'allow',
      operator: 'and',
      holds: false,
      criteria: [{ name: 'groups', holds: false, reason: 'groups-mismatch', value: ['developers'], data: ['sre'] }],
    },
  ],
  leftOut: 2,
};

export const whatIf: WhatIf = {
  events: 1200,
  evaluated: 800,
  since: iso(ago(1440)),
  until: iso(now),
  warnings: [{ path: 'allow.or.0.k8s/resource', line: 3, column: 7, message: 'is not a resource', hint: 'write pods' }],
  tests: [
    {
      name: 'developers read pods',
      line: 2,
      passed: true,
      got: { effect: 'allow', rule: 'policy[0].allow.and', ruleName: hostile },
      differences: [],
      because: [],
    },
    {
      name: hostile,
      line: 5,
      passed: false,
      got: { effect: 'deny', rule: 'default-deny' },
      differences: [
        { what: 'effect', expected: 'allow', got: 'deny' },
        { what: 'rule', expected: hostile, got: 'default-deny' },
      ],
      because: [`policy[0].allow.and does not hold: claim/${'x'.repeat(200)} does not hold (claim-unauthorized)`],
    },
  ],
  unchanged: { allowed: 700, refused: 95 },
  lost: {
    requests: 5,
    people: 2,
    byRule: [
      {
        rule: 'default-deny',
        before: hostile,
        requests: 5,
        people: [
          { name: 'alice@example.com', count: 4 },
          { name: hostile, count: 1 },
        ],
        otherPeople: 0,
        examples: [
          {
            user: 'alice@example.com',
            verb: 'delete',
            cluster: 'prod',
            resource: 'pods',
            namespace: 'shop',
            name: hostile,
            time: iso(ago(3)),
            auditID: '0198c2f1-6a0b-4d43-9c1e-000000000003',
          },
        ],
      },
    ],
    otherRules: 0,
  },
  gained: { requests: 0, people: 0, byRule: [], otherRules: 0 },
  inconclusive: { requests: 0, byCriterion: [] },
  skipped: {},
  repeatsMayBeMissed: false,
};

export const rules: PolicyRules = {
  version: 'a1b2c3',
  rules: [
    {
      rule: 'cluster/dev[0].allow.and',
      ruleName: hostile,
      action: 'allow',
      operator: 'and',
      criteria: [
        { name: 'groups', data: hostile },
        { name: 'k8s/verb', data: ['get', 'list'] },
      ],
    },
    {
      rule: 'cluster/dev[1].deny.or',
      ruleMessage: hostile,
      action: 'deny',
      operator: 'or',
      criteria: [{ name: 'k8s/verb', data: 'delete' }],
    },
  ],
  shadow: [
    {
      rule: 'cluster/dev.shadow[0].allow.nor',
      action: 'allow',
      operator: 'nor',
      criteria: [{ name: 'accept', data: true }],
    },
  ],
  leftOut: 2,
};
