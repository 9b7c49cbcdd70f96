import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../compile/compile-policy.ts';
import { warningsOf as findWarnings } from '../testing/warnings-of.ts';
import { lintPolicies } from './lint-policies.ts';

const warningsOf = (document: unknown) =>
  findWarnings(document).map(({ path, message }) => `${path.join('.')}: ${message}`);
const allow = { allow: { or: [{ groups: 'developers' }] } };
const deny = (...criteria: object[]) => warningsOf([allow, { deny: { and: criteria } }]);

describe('a deny of one name', () => {
  it.each([
    ['events', 'events.events.k8s.io'],
    ['bindings', 'create pods/binding'],
    ['pods', 'create pods/eviction'],
    ['namespaces', 'update namespaces/finalize'],
    ['namespaces', 'patch namespaces/status'],
    ['serviceaccounts/token', 'create certificatesigningrequests.certificates.k8s.io'],
    ['serviceaccounts/token', 'create secrets'],
    ['pods/exec', 'create pods/attach'],
    ['endpoints', 'endpointslices.discovery.k8s.io'],
    ['deployments.apps', 'patch deployments.apps/scale'],
  ])('causes a warning: %s does not cover %s', (resource, other) => {
    expect(deny({ 'k8s/resource': resource })[0]).toContain(
      `1.deny.and.0.k8s/resource: denies one way but not the others: `,
    );
    expect(deny({ 'k8s/resource': resource })[0]).toContain(`${other} (`);
  });

  it('causes none together with the others, in the same rule or in another', () => {
    expect(deny({ 'k8s/resource': ['events', 'events.events.k8s.io'] })).toEqual([]);
    expect(
      warningsOf([
        allow,
        { deny: { and: [{ 'k8s/resource': 'events' }] } },
        { deny: { or: [{ 'k8s/resource': 'events.events.k8s.io' }] } },
      ]),
    ).toEqual([]);
    expect(deny({ 'k8s/resource': 'pods' }, { 'k8s/verb': ['create', 'get'] })).toEqual([]);
    expect(deny({ 'k8s/resource': '*' })).toEqual([]);
    expect(deny({ 'k8s/shell_equivalent': true }, { 'k8s/namespace': 'prod' })).toEqual([]);
    expect(deny({ 'k8s/resource': ['secrets', 'secrets/*'] })).toEqual([]);
    expect(deny({ 'k8s/resource': 'pods/eviction' })).toEqual([]);
  });

  it('still causes one if a rule denies the others elsewhere, or for other users', () => {
    const events = { 'k8s/resource': 'events' };
    const others = { 'k8s/resource': 'events.events.k8s.io' };
    const withOther = (first: object[], body: object) =>
      warningsOf([allow, { deny: { and: first } }, { deny: body }]).filter((one) =>
        one.includes('but not the others: events.events.k8s.io (events)'),
      );
    const prod = { 'k8s/namespace': 'prod' };
    const guests = { groups: 'guests' };
    expect(withOther([events], { and: [others, prod] })).toHaveLength(1);
    expect(withOther([events, guests], { and: [others, prod] })).toHaveLength(1);
    expect(withOther([events, prod], { and: [others, { 'k8s/namespace': 'dev' }] })).toHaveLength(1);
    expect(withOther([events], { not: [{ groups: 'sre' }] })).toHaveLength(1);
    expect(withOther([events], { not: [others] })).toHaveLength(1);
    expect(withOther([events, prod], { and: [others, prod] })).toEqual([]);
    expect(withOther([events, prod, guests], { and: [guests, others] })).toEqual([]);
    expect(withOther([events, prod], { or: [others, guests] })).toEqual([]);
    expect(withOther([events], { not: [{ 'k8s/resource': 'pods' }] })).toEqual([]);
    expect(withOther([events], { nor: [{ 'k8s/resource': 'pods' }, prod] })).toEqual([]);
  });
});

describe('a deny that is not a security boundary', () => {
  it('is a deny by path', () => {
    expect(deny({ http_path: { starts_with: '/api/v1/namespaces/prod' } })).toEqual([
      expect.stringContaining('1.deny.and.0.http_path: denies by path, which is not a security boundary'),
    ]);
    expect(deny({ expression: 'request.path.startsWith("/api/v1/namespaces/prod")' })).toEqual([
      expect.stringContaining('denies by path'),
    ]);
    expect(warningsOf({ allow: { and: [{ http_path: '/x' }, { expression: 'request.path == "/x"' }] } })).toEqual([]);
  });

  it('is a deny by path at a web application, with advice for applications', () => {
    const rules = [
      { allow: { or: [{ http_method: 'GET' }] } },
      { deny: { and: [{ http_path: { starts_with: '/admin' } }] } },
      { deny: { and: [{ expression: 'request.path == "/x"' }] } },
      { deny: { and: [{ http_method: 'POST' }] } },
    ];
    const clusters = [{ name: 'dev', scopes: ['cluster/dev'], namespaces: [] }];
    const routes = [{ scopes: ['policy/shared', 'route/wiki.example.com'] }];
    const fitting = {
      code: 'deny-by-path',
      message: expect.stringContaining('an application can serve the same page under another spelling'),
      hint: 'allow only the paths that may be used, with http_path under allow',
    };
    const found = findWarnings(rules, { scope: 'route/wiki.example.com', clusters, routes });
    expect(found).toEqual([expect.objectContaining(fitting), expect.objectContaining(fitting)]);
    // A shared policy is one of routes only while it applies to no cluster.
    const shared = (more: typeof clusters) =>
      findWarnings(rules[1], { scope: 'policy/shared', clusters: more, routes }).filter(
        ({ code }) => code === 'deny-by-path',
      );
    expect(shared(clusters)).toEqual([expect.objectContaining(fitting)]);
    expect(shared([{ name: 'dev', scopes: ['policy/shared'], namespaces: [] }])).toEqual([
      expect.objectContaining({ hint: 'use k8s/namespace, k8s/resource and k8s/name' }),
    ]);
  });

  it('is a deny by method, because an exec can use GET', () => {
    expect(deny({ http_method: { in: ['POST', 'PUT', 'PATCH', 'DELETE'] } })).toEqual([
      expect.stringContaining('1.deny.and.0.http_method: denies by method'),
    ]);
    expect(deny({ http_method: 'POST' }, { 'k8s/verb': 'create' })).toEqual([]);
  });

  it('is a deny by name, which also denies lists', () => {
    expect(deny({ 'k8s/resource': 'configmaps' }, { 'k8s/name': 'db' })).toEqual([
      expect.stringContaining('1.deny.and.1.k8s/name: also denies every list, watch and deletecollection'),
    ]);
    expect(
      deny(
        { 'k8s/resource': 'configmaps' },
        { 'k8s/name': 'db' },
        { 'k8s/verb': ['get', 'update', 'patch', 'delete'] },
      ),
    ).toEqual([]);
    expect(warningsOf({ allow: { or: [{ 'k8s/name': 'db' }] }, deny: { or: [{ 'k8s/name': 'web' }] } })).toHaveLength(
      1,
    );
  });

  it('is an expression on what can be missing, or on an address', () => {
    expect(deny({ expression: 'kubernetes.namespace == "prod"' })).toEqual([
      expect.stringContaining('fails, and therefore denies, if there is no kubernetes.namespace'),
    ]);
    expect(deny({ expression: 'has(kubernetes.namespace) && kubernetes.namespace == "prod"' })).toEqual([]);
    expect(deny({ expression: 'has(user.claims.team) && user.claims.team == "x" && kubernetes.exec.tty' })).toEqual([
      expect.stringContaining('no kubernetes.exec.tty'),
    ]);
    expect(deny({ expression: 'has(user.email) && user.email == "a@b.example"' })).toEqual([
      expect.stringContaining('with its case'),
    ]);
  });
});

describe('an allow', () => {
  it('of nodes/proxy causes a warning together with a deny by namespace, and without create', () => {
    const nodes = (...more: object[]) => ({
      allow: { and: [{ groups: 'sre' }, { 'k8s/resource': ['nodes/proxy', 'pods'] }, ...more] },
    });
    expect(warningsOf([nodes(), { deny: { and: [{ 'k8s/namespace': 'prod' }] } }])).toEqual([
      expect.stringContaining(
        '0.allow.and.1.k8s/resource: allows nodes/proxy, which reaches the pods of every namespace: policy[1].deny.and denies by namespace',
      ),
    ]);
    expect(warningsOf([nodes({ 'k8s/verb': 'get' }), { deny: { or: [{ groups: 'suspended' }] } }])).toEqual([
      expect.stringContaining('allows nodes/proxy without create'),
    ]);
    expect(warningsOf([nodes(), { deny: { or: [{ groups: 'suspended' }] } }])).toEqual([]);
    expect(
      warningsOf([{ allow: { and: [{ 'k8s/resource': '*' }] } }, { deny: { and: [{ 'k8s/namespace': 'prod' }] } }]),
    ).toEqual([]);
  });

  it('of writes of secrets causes a warning together with a deny of reading them', () => {
    const writes = {
      allow: { and: [{ groups: 'ci' }, { 'k8s/resource': 'secrets' }, { 'k8s/verb': ['create', 'patch'] }] },
    };
    expect(
      warningsOf([
        writes,
        { deny: { and: [{ 'k8s/resource': 'secrets' }, { 'k8s/verb': ['get', 'list', 'watch'] }] } },
      ]),
    ).toEqual([
      expect.stringContaining(
        '0.allow.and.1.k8s/resource: allows writes of secrets, whose responses contain them: policy[1].deny.and',
      ),
    ]);
    expect(warningsOf([writes, { deny: { and: [{ groups: 'guests' }, { 'k8s/resource': 'secrets' }] } }])).toEqual([]);
  });
});

describe('the cost of an expression', () => {
  it.each([
    'kubernetes.exec.command.exists(c, c.contains("passwd") || c.contains("shadow"))',
    'kubernetes.labelSelector.split(",").exists(t, t == "env=prod")',
    'request.path.split("/").exists(p, p == "x")',
    'user.groups.all(g, user.groups.exists(h, g == h))',
  ])('causes a warning if a request can use up the budget: %s', (text) => {
    expect(warningsOf({ allow: { and: [{ expression: text }] } })).toEqual([
      expect.stringMatching(
        /^allow\.and\.0\.expression: may take about [\d,]+ units of work for a large request, but the limit is 20,000: beyond it the expression fails and does not allow$/,
      ),
    ]);
  });

  it.each([
    'has(kubernetes.namespace) && has(user.claims.team) && kubernetes.namespace == "team-" + user.claims.team',
    'user.groups.exists(g, g == "a" || g.startsWith("b"))',
    'kubernetes.verb in ["get", "list"] && request.path.startsWith("/api")',
    'elevations.exists(e, e in user.groups)',
  ])('causes none if it cannot: %s', (text) => {
    expect(warningsOf({ allow: { and: [{ expression: text }] } })).toEqual([]);
  });
});

describe('a rule about the name of a service account', () => {
  const account = { user: 'service-account:deployer' };
  const byName = (document: unknown, scope = 'cluster/dev') =>
    findWarnings(document, { scope })
      .filter(({ code }) => code === 'name-of-service-account')
      .map(({ path, message }) => `${path.join('.')}: ${message.split(' by ')[0]}`);

  it.each<[string, object, string[]]>([
    ['alone', { allow: { or: [account] } }, ['allow.or.0.user: lets in "service-account:deployer"']],
    [
      'with what is not about its groups',
      { allow: { and: [account, { source_ip: '10.0.0.0/8' }] } },
      ['allow.and.0.user: lets in "service-account:deployer"'],
    ],
    [
      'in a list',
      { allow: { or: [{ user: { in: ['alice', 'service-account:a'] } }] } },
      ['allow.or.0.user.in.1: lets in "service-account:a"'],
    ],
    [
      'of every one',
      { allow: { and: [{ user: { starts_with: 'service-account:' } }] } },
      ['allow.and.0.user.starts_with: lets in "service-account:"'],
    ],
    [
      'without groups that it must have',
      { allow: { not: [{ user: { not: 'service-account:a' } }, { groups: 'guests' }] } },
      ['allow.not.0.user.not: lets in "service-account:a"'],
    ],
    [
      'that is left out of a deny',
      { allow: { or: [{ groups: 'ci' }] }, deny: { not: [account, { groups: 'sre' }] } },
      ['deny.not.0.user: leaves out "service-account:deployer"'],
    ],
    [
      'that a deny does not match',
      { allow: { or: [{ groups: 'ci' }] }, deny: { and: [{ user: { not: 'service-account:a' } }] } },
      ['deny.and.0.user.not: leaves out "service-account:a"'],
    ],
    ['with groups', { allow: { and: [account, { groups: 'ci' }] } }, []],
    ['that denies it', { allow: { or: [{ groups: 'ci' }] }, deny: { or: [account] } }, []],
    [
      'with groups, left out of a deny',
      { allow: { or: [{ groups: 'ci' }] }, deny: { nor: [account, { groups: 'ci' }] } },
      [],
    ],
    ['of a person', { allow: { or: [{ user: 'alice' }, { user: { starts_with: 'ci:' } }] } }, []],
  ])('gets the right warnings: %s', (_what, document, warnings) => {
    expect(byName(document)).toEqual(warnings);
    expect(byName(document, 'elevation/admin/approvers')).toEqual(warnings);
    expect(byName(document, 'api/machines')).toEqual(warnings);
  });

  it('causes no warning if the policy about names reserves it', () => {
    const compiled = (scope: string, document: unknown) => {
      const result = compilePolicy(document, { scope });
      if (!result.ok) throw new Error(JSON.stringify(result.faults));
      return { policy: result.policy, isList: Array.isArray(document) };
    };
    const unreserved = (names: unknown, user: unknown = account.user) =>
      lintPolicies({
        policies: [compiled('cluster/dev', { allow: { or: [{ user }] } }), compiled('api/serviceAccountNames', names)],
      }).some(({ code }) => code === 'name-of-service-account');
    const kept = (of: unknown) => ({
      allow: { or: [{ accept: true }] },
      deny: { and: [{ service_account: of }, { groups: { exclude: 'sre' } }] },
    });
    const name = { service_account: 'deployer' };
    expect(unreserved(kept('deployer'))).toBe(false);
    expect(unreserved(kept({ starts_with: 'dep' }))).toBe(false);
    expect(unreserved(kept('other'))).toBe(true);
    expect(unreserved(kept({ starts_with: '' }), { starts_with: 'service-account:' })).toBe(true);
    expect(unreserved({ allow: { and: [name, { groups: 'sre' }] } })).toBe(false);
    expect(unreserved({ allow: { or: [{ groups: 'sre' }] } })).toBe(false);
    // Policies about the name that let anyone have it.
    expect(unreserved({ allow: { or: [name] } })).toBe(true);
    expect(unreserved({ allow: { or: [{ accept: true }, name] } })).toBe(true);
    expect(unreserved([{ allow: { or: [{ accept: true }] } }, { allow: { and: [name, { groups: 'sre' }] } }])).toBe(
      true,
    );
    expect(unreserved({ allow: { or: [{ accept: true }] }, deny: { and: [name, { groups: 'guests' }] } })).toBe(true);
  });
});
