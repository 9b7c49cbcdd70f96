import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planPolicies } from './plan-policies.ts';

const rule = { allow: { or: [{ accept: true }] } };
const plan = (data: unknown) => planPolicies(data);

describe('the policies of a configuration', () => {
  it("apply in one order: the global one, the named ones, the cluster's own, then those of its namespaces", () => {
    const { documents, clusters, api } = plan({
      policies: { base: rule, team: rule },
      policy: rule,
      shadow: rule,
      explain: true,
      api: { policy: { audit: rule, sessions: null } },
      clusters: [
        {
          name: 'dev',
          policies: ['team', 'base', 'team'],
          policy: rule,
          shadow: rule,
          namespaces: [
            { match: 'a-*', policies: ['base'], policy: rule },
            { match: ['b', 'c'], policy: rule },
          ],
        },
        { name: 'prod', explain: false },
      ],
    });
    expect(clusters).toEqual([
      {
        name: 'dev',
        scopes: ['global', 'policy/team', 'policy/base', 'cluster/dev'],
        shadow: ['shadow/global', 'shadow/cluster/dev'],
        explain: true,
        namespaces: [
          { match: ['a-*'], scopes: ['policy/base', 'namespace/dev/a-*'] },
          { match: ['b', 'c'], scopes: ['namespace/dev/b,c'] },
        ],
      },
      { name: 'prod', scopes: ['global'], shadow: ['shadow/global'], explain: false, namespaces: [] },
    ]);
    expect(api).toEqual([{ area: 'audit', scope: 'api/audit' }]);
    expect(Object.fromEntries(documents.map(({ scope, path }) => [scope, path.join('.')]))).toEqual({
      global: 'policy',
      'policy/base': 'policies.base',
      'policy/team': 'policies.team',
      'shadow/global': 'shadow',
      'cluster/dev': 'clusters.0.policy',
      'shadow/cluster/dev': 'clusters.0.shadow',
      'namespace/dev/a-*': 'clusters.0.namespaces.0.policy',
      'namespace/dev/b,c': 'clusters.0.namespaces.1.policy',
      'api/audit': 'api.policy.audit',
    });
  });

  it('of a route are those that it names, then its own, and not the global one', () => {
    const { routes, documents, unused } = plan({
      policies: { team: rule },
      policy: rule,
      explain: true,
      routes: [
        { from: 'https://App.example.com', policies: ['team'], policy: rule, explain: false },
        { from: 'https://b.example.com' },
        { from: 7, policy: rule },
      ],
    });
    expect(routes).toEqual([
      { host: 'app.example.com', scopes: ['policy/team', 'route/app.example.com'], explain: false },
      { host: 'b.example.com', scopes: [], explain: true },
      { host: '', scopes: ['route/'], explain: true },
    ]);
    expect(documents.map(({ scope, path }) => [scope, path.join('.')])).toContainEqual([
      'route/app.example.com',
      'routes.0.policy',
    ]);
    expect(unused).toEqual([]);
  });

  it('about recordings hold where they may if they demand as much as the default, and where they surely do if less', () => {
    const body = { and: [{ groups: 'x' }] };
    const { recordings, documents } = plan({
      recordings: {
        default: 'optional',
        rules: [{ record: 'off', ...body }, { record: 'required', name: 'prod', ...body }, { record: 'never' }, null],
      },
    });
    expect(recordings).toEqual({
      default: 'optional',
      rules: [
        { record: 'off', scope: 'recordings/0' },
        { record: 'required', scope: 'recordings/1' },
      ],
    });
    expect(documents).toEqual([
      { scope: 'recordings/0', path: ['recordings', 'rules', 0], document: [{ allow: body }] },
      { scope: 'recordings/1', path: ['recordings', 'rules', 1], document: [{ deny: body, name: 'prod' }] },
    ]);
    expect(plan({ recordings: { default: [], rules: {} } }).recordings).toEqual({ default: 'off', rules: [] });
  });

  it('are distinguished from names that are not defined, and from those that are not used', () => {
    const { missing, unused, clusters } = plan({
      policies: { base: rule, spare: rule, empty: null },
      clusters: [{ name: 'dev', policies: ['bsae', 'empty', 'base', 'constructor'] }],
    });
    expect(missing).toEqual(
      [0, 1, 3].map((index) => ({
        path: ['clusters', 0, 'policies', index],
        name: ['bsae', 'empty', '', 'constructor'][index],
      })),
    );
    expect(unused).toEqual(['spare']);
    expect(clusters[0]!.scopes).toEqual(['policy/base']);
  });

  it('are found in any document without a crash', () => {
    const odd = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 1, 'x', true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'policies',
            'policy',
            'clusters',
            'namespaces',
            'match',
            'name',
            'api',
            'shadow',
            'recordings',
            'rules',
            'record',
            '__proto__',
          ),
          tie('value'),
        ),
      ),
    })).value;
    expect(
      plan({
        clusters: [{ name: Object.create(null) as unknown, policy: [] }, { name: [Object.create(null)] }],
      }).clusters.map(({ name }) => name),
    ).toEqual(['', '']);
    fc.assert(
      fc.property(odd, (data) => Array.isArray(plan(data).documents)),
      { numRuns: 600 },
    );
  });
});
