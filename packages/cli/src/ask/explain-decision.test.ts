import type { Explanation } from '@sallyport/contracts/answers';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const policy = `
- allow: {and: [{groups: developers}, {k8s/namespace: {in: [dev, staging]}}]}
- allow: {or: [{groups: sre}, {email: bob@example.com}]}
- deny: {and: [{groups: {exclude: sre}}, {k8s/namespace: prod}, {k8s/shell_equivalent: true}]}
`;
const alice = ['--user', 'alice@example.com', '--groups', 'developers'];

describe('sallyport policy explain, from files', () => {
  const explain = (...args: string[]) => {
    writeFileSync(path.join(rig.directory, 'policy.yaml'), policy);
    return rig.run('policy', 'explain', ...args, '--policy', 'policy.yaml');
  };

  it('explains what is allowed, by which rule, and what each criterion compared', async () => {
    const { code, out, err } = await explain('exec', 'pods/web', '-n', 'dev', ...alice);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`ALLOWED: alice@example.com may create pods/exec "web" in namespace "dev".
Decided by rule policy[0].allow.and.

Rule by rule (> marks what stands in the way):

  policy[0].allow.and ALLOWS it: all of these hold
    holds  groups         they have: developers  rule: "developers"
    holds  k8s/namespace  request: dev           rule: {"in":["dev","staging"]}

  policy[1].allow.or does not allow it: none of these holds
  > fails  groups  they have: developers         rule: "sre"
  > fails  email   they have: alice@example.com  rule: "bob@example.com"

  Deny rules that do not apply here: policy[2].deny.and

What to do next:
  - The gateway allows it. The cluster's own RBAC must allow it too. They can check both with: sallyport can-i create pods/web --subresource exec -n dev
`);
  });

  it('calls rules by their names, and says what the one that refuses says', async () => {
    const named = policy
      .replace('- deny: {and:', '- name: no-shells\n  message: Ask the team <sre>.\n  deny: {and:')
      .replace('- allow: {or:', '- name: sre\n  allow: {or:');
    writeFileSync(path.join(rig.directory, 'named.yaml'), named);
    const args = ['exec', 'pods/web', '-n', 'prod', ...alice, '--policy', 'named.yaml'];
    const { out } = await rig.run('policy', 'explain', ...args);
    expect(out).toMatch(/Decided by rule no-shells \(policy\[2\]\.deny\.and\)\.\nIt says: Ask the team <sre>\.\n\n/);
    expect(out).toContain('\n  no-shells (policy[2].deny.and) DENIES it: all of these hold\n');
    expect(out).toContain('\n  sre (policy[1].allow.or) does not allow it: none of these holds\n');
    expect(out).toContain('  - Rule no-shells (policy[2].deny.and) denies it, ');
    const json = JSON.parse((await rig.run('policy', 'explain', ...args, '-o', 'json')).out) as Explanation;
    expect(json).toMatchObject({
      decision: { rule: 'policy[2].deny.and', ruleName: 'no-shells' },
      ruleMessage: 'Ask the team <sre>.',
    });
  });

  it('explains what denies, and what would have to change', async () => {
    const { out } = await explain('exec', 'pods/web', '-n', 'prod', ...alice);
    expect(out).toMatch(
      /^REFUSED: alice@example\.com may not create pods\/exec "web" in namespace "prod"\.\nDecided by rule policy\[2\]\.deny\.and\.\n/,
    );
    expect(out).toContain(
      '  policy[2].deny.and DENIES it: all of these hold\n  > holds  groups                they have: developers  rule: {"exclude":"sre"}\n',
    );
    expect(out).toContain(
      'a deny rule overrides all allow rules. For it not to apply, they would have to ask for another namespace (k8s/namespace is prod; the rule says "prod"), or ',
    );
    expect(out).toContain(
      '  - No rule allows it either.\n  - The closest rule is policy[0].allow.and. For it to allow this, they would have to ask for another namespace (k8s/namespace is prod; the rule says {"in":["dev","staging"]}).\n',
    );
    expect(out).toContain('give them these details: user alice@example.com, rule policy[2].deny.and.');
  });

  it('explains that a request reaches all namespaces, and what to ask for', async () => {
    const { out } = await explain('watch', 'pods', '-A', '--user', 'bob@example.com');
    expect(out).toContain('ALLOWED: bob@example.com may watch pods');
    writeFileSync(
      path.join(rig.directory, 'prod.yaml'),
      '[{allow: {or: [{groups: developers}]}}, {deny: {and: [{k8s/namespace: prod}, {k8s/resource: secrets}]}}]',
    );
    const refused = await rig.run('policy', 'explain', 'list', 'secrets', '-A', ...alice, '--policy', 'prod.yaml');
    expect(refused.out).toContain(
      '  policy[1].deny.and DENIES it: some of these are open, which counts as met\n  > open   k8s/namespace  request: any      rule: "prod"\n  > holds  k8s/resource   request: secrets  rule: "secrets"\n',
    );
    expect(refused.out).toContain('- This lists all namespaces, including prod. Ask for a single one: -n dev.\n');
    const through = await rig.run(
      'policy',
      'explain',
      '--verb',
      'get',
      '--resource',
      'nodes/proxy',
      '--name',
      'n1',
      ...alice,
      '--policy',
      'policy.yaml',
    );
    expect(through.out).toContain('Requests through a node reach the pods of all namespaces, including prod');
    expect((await explain('list', 'pods', '-A', ...alice)).out).toContain(
      '- This lists all namespaces. Ask for a single one: -n dev.\n',
    );
  });

  it('names the other verbs of a request, and shows the rules for the one that was refused', async () => {
    writeFileSync(
      path.join(rig.directory, 'read.yaml'),
      '[{allow: {and: [{groups: developers}, {k8s/verb: [get, update, delete]}]}}, {deny: {and: [{k8s/resource: secrets}, {k8s/verb: get}]}}]',
    );
    const as = async (...args: string[]) =>
      (await rig.run('policy', 'explain', ...args, ...alice, '--policy', 'read.yaml')).out;
    expect(await as('update', 'leases.coordination.k8s.io/x', '-n', 'dev')).toContain(
      'It can create an object. It is also evaluated as create. As create it is refused. The rules below are evaluated for create.\n',
    );
    expect(await as('delete', 'secrets/x', '-n', 'dev')).toContain(
      'Decided by rule policy[1].deny.and.\nEvery access to a Secret is also a read, because the response contains the Secret. It is also evaluated as get, list, watch. As get it is refused',
    );
    expect(await as('update', 'configmaps/x', '-n', 'dev')).not.toContain('also evaluated as');
  });

  it('tells a user without a login to log in', async () => {
    expect((await explain('get', 'pods', '-n', 'dev')).out).toMatch(
      /^LOG IN FIRST: a user who is not logged in [\s\S]*- Log in: sallyport login\./,
    );
  });

  it('does not treat the path of a resource as a path without one', async () => {
    writeFileSync(
      path.join(rig.directory, 'prod.yaml'),
      '[{allow: {and: [{groups: developers}]}}, {deny: {and: [{k8s/namespace: prod}]}}]',
    );
    const explained = (...asked: string[]) =>
      rig.run('policy', 'explain', ...asked, '--policy', 'prod.yaml', '--user', 'a', '--groups', 'developers');
    for (const one of [
      '/api/v1/namespaces/prod/secrets',
      '/api/v1/secrets?limit=500',
      '/apis/apps/v1/deployments',
      '/%61pi/v1/secrets',
    ])
      expect(await explained('--path', one)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/only a gateway can explain/),
      });
    expect(await explained('get', '/api/v1/secrets')).toMatchObject({ code: 2 });
    for (const one of ['/api', '/api/v1/', '/apis/apps/v1', '/version/', '/openapi/v3/apis/apps/v1'])
      expect(await explained('--path', one)).toMatchObject({ code: 0, out: expect.stringMatching(/^ALLOWED/) });
  });

  it('accepts the names of policies, paths, claims, groups with commas, and a time', async () => {
    writeFileSync(
      path.join(rig.directory, 'p.yaml'),
      'allow: {and: [{claim/team: shop}, {groups: "cn=a,ou=b"}, {k8s/resource: deployments.apps/scale}, {source_ip: 10.0.0.0/8}, {date: {after: "2026-01-01"}}, {elevation: admin}]}',
    );
    const asked = [
      '--verb',
      'patch',
      '--resource',
      'deployments.apps/scale',
      '--name',
      'web',
      '--user',
      'x',
      '--group',
      'cn=a,ou=b',
      '--claims',
      '{"team":"shop"}',
      '--ip',
      '10.1.2.3',
      '--now',
      '2026-02-01',
      '--elevation',
      'admin',
    ];
    const { code, out } = await rig.run('policy', 'explain', ...asked, '--policy', 'p.yaml', '-o', 'json');
    expect({ code, effect: (JSON.parse(out) as Explanation).decision.effect }).toEqual({ code: 0, effect: 'allow' });
    writeFileSync(
      path.join(rig.directory, 'p.yaml'),
      'allow: {and: [{http_path: /healthz}, {http_method: GET}, {k8s/non_resource_path: /healthz}]}',
    );
    const health = await rig.run(
      'policy',
      'explain',
      '--path',
      '/healthz?verbose',
      '--method',
      'get',
      '--user',
      'x',
      '--policy',
      'p.yaml',
      '-o',
      'yaml',
    );
    expect(parse(health.out)).toMatchObject({ decision: { effect: 'allow' }, next: [expect.stringContaining('RBAC')] });
  });

  it('assumes the on-call lists that are given, and knows no others', async () => {
    writeFileSync(path.join(rig.directory, 'p.yaml'), 'allow: {or: [{on_call: primary}]}');
    const asked = ['get', 'pods', '--user', 'x', '--policy', 'p.yaml'];
    const effectWith = async (...more: string[]) => (await rig.run('policy', 'explain', ...asked, ...more)).out;
    expect(await effectWith('--on-call', 'primary')).toMatch(/^ALLOWED/);
    for (const more of [[], ['--on-call', 'other']]) {
      const out = await effectWith(...more);
      expect(out).toMatch(/^REFUSED/);
      expect(out).toContain('wait until it is known who is on call');
    }
  });

  it('explains a configuration with all policies of the cluster', async () => {
    writeFileSync(
      path.join(rig.directory, 'sallyport.yaml'),
      'policy: [{deny: {or: [{groups: suspended}]}}]\nclusters: [{name: dev, server: "https://x", token: "${env:NOT_THERE}", policy: [{allow: {or: [{accept: true}]}}]}]',
    );
    const ask = async (...args: string[]) =>
      rig.run('policy', 'explain', 'get', 'pods', '--config', 'sallyport.yaml', ...args);
    expect((await ask('--cluster', 'dev', '--user', 'x', '--groups', 'suspended')).out).toContain(
      'Decided by rule global[0].deny.or.',
    );
    expect((await ask('--cluster', 'dev', '--user', 'system:admin')).out).toMatch(
      /^REFUSED[\s\S]*Decided by rule cluster\/dev\.impersonate\.[\s\S]*No policy can allow this/,
    );
    expect((await ask('--cluster', 'dev')).out).toMatch(/^LOG IN FIRST/);
    expect(await ask('--cluster', 'nope', '--user', 'x')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('It contains: dev.'),
    });
  });

  it.each([
    [['get', 'pods', '--policy', 'policy.yaml', '--config', 'x'], /cannot be combined/],
    [['get', 'pods', '--groups', 'x'], /Add --user/],
    [['get', 'pods', '--claims', '[]', '--user', 'x'], /not a JSON object/],
    [['--path', 'x', '--policy', 'policy.yaml'], /not a path/],
    [['get', 'pods', '--now', 'soon', '--policy', 'policy.yaml'], /now: must be/],
    [['get', 'pods', '--now', '2026-01-01'], /need --policy/],
    [['get', 'pods', '--on-call', 'primary'], /need --policy/],
  ])('rejects unclear options: %j', async (args, message) => {
    writeFileSync(path.join(rig.directory, 'policy.yaml'), policy);
    const { code, out, err } = await rig.run('policy', 'explain', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('explains who may act as another, and that a rule must name it', async () => {
    writeFileSync(
      path.join(rig.directory, 'acting.yaml'),
      '- allow: {or: [{groups: sre}]}\n- allow: {and: [{groups: sre}, {k8s/impersonate: "user:bob"}]}\n',
    );
    const explain = async (...args: string[]) =>
      (
        await rig.run(
          'policy',
          'explain',
          'get',
          'pods',
          '-n',
          'dev',
          '--policy',
          'acting.yaml',
          '--user',
          's',
          '--groups',
          'sre',
          ...args,
        )
      ).out;
    expect(await explain('--as', 'bob')).toMatch(/^ALLOWED: s may get pods in namespace "dev" as user:bob\./);
    const refused = await explain('--as', 'bob', '--as-group', 'admins');
    expect(refused).toMatch(/^REFUSED: s may not get pods in namespace "dev" as user:bob with group:admins\./);
    expect(refused).toContain('policy[0].allow.or does not allow it: it does not name k8s/impersonate in an and block');
    expect(refused).toMatch(/open +k8s\/impersonate +request: user:bob, group:admins +rule: "user:bob"/);
    expect(await explain()).toMatch(/^ALLOWED: .*\nDecided by rule policy\[0\]\.allow\.or\./);
  });

  it('escapes control characters', async () => {
    writeFileSync(path.join(rig.directory, 'p.yaml'), 'allow: {or: [{groups: "\\e[2J"}]}');
    const { out } = await rig.run(
      'policy',
      'explain',
      'get',
      'pods/\u001b]0;x\u0007',
      '--user',
      'eve\u001b[2J\u202e',
      '--policy',
      'p.yaml',
    );
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(out).toContain('eve\\x1b[2J\\u202e');
  });
});
