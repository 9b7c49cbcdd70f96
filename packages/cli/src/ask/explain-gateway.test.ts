import type { Explanation } from '@sallyport/contracts/answers';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const explanation: Explanation = {
  cluster: 'dev',
  person: { user: 'alice@example.com', groups: ['developers'], other: false },
  decision: { effect: 'deny', rule: 'default-deny', reasons: ['k8s-namespace-unauthorized'], policyVersion: 'v1' },
  shows: 'yours',
  leftOut: 3,
  asked: {
    verb: 'create',
    resource: 'pods',
    apiGroup: '',
    subresource: 'exec',
    namespace: 'prod',
    name: 'web',
    isResourceRequest: true,
    method: 'POST',
    path: '/api/v1/namespaces/prod/pods/web/exec',
  },
  detail: 'no',
  rules: [
    {
      rule: 'cluster/dev[0].allow.and',
      action: 'allow',
      operator: 'and',
      holds: false,
      criteria: [
        { name: 'groups', holds: true, reason: 'groups-ok', value: ['developers'] },
        { name: 'k8s/namespace', holds: false, reason: 'k8s-namespace-unauthorized', value: 'prod' },
      ],
    },
  ],
};

describe('sallyport policy explain, of a gateway', () => {
  let gateway: FakeGateway;
  let answer: { status: number; body: unknown };
  beforeEach(async () => {
    gateway = await startFakeGateway();
    answer = { status: 200, body: explanation };
    gateway.override = ({ path: asked }) => (asked === '/.sallyport/api/v1/policy/explain' ? answer : undefined);
    await rig.run('login', '--gateway', gateway.origin);
  });
  afterEach(() => gateway.close());
  const sent = () => JSON.parse((JSON.parse(gateway.raw.at(-1)!) as { body: string }).body) as object;

  it("asks about the caller's own session, and shows the visible rules", async () => {
    const { code, out } = await rig.run(
      'policy',
      'explain',
      'exec',
      'pods/web',
      '-n',
      'prod',
      '--cluster',
      'dev',
      '--container',
      'c',
      '--',
      'ls',
      '-l',
    );
    expect(code).toBe(0);
    expect(sent()).toEqual({
      cluster: 'dev',
      verb: 'create',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'prod',
      name: 'web',
      command: ['ls', '-l'],
      container: 'c',
    });
    expect(out).toContain('No rule of policy v1 allows it');
    expect(out).toContain('    holds  groups         you have: developers\n  > fails  k8s/namespace  request: prod\n');
    expect(out).toContain('and 3 more that do not hold');
    expect(out).toContain('Rules about other users are not shown');
    expect(out).toContain('you would have to ask for another namespace (k8s/namespace is prod).');
    expect(out).toContain('give them these details: user alice@example.com, rule default-deny, policy v1.');
  });

  it('names the elevation that would help first, and counts conditions that look the same', async () => {
    const groups = { name: 'groups', holds: true, reason: 'groups-ok', value: ['developers'] };
    const other = (name: string) => ({ name, holds: true, reason: 'x', value: 'prod' });
    const deny = {
      rule: 'cluster/dev[1].deny.and',
      action: 'deny',
      operator: 'and',
      holds: true,
      criteria: [groups, other('k8s/namespace'), groups, other('k8s/verb'), other('k8s/name'), other('k8s/resource')],
    };
    const decision = { ...explanation.decision, rule: deny.rule };
    const suggestion = 'To ask for the right to it, run: sallyport elevate admin --cluster dev';
    answer = { status: 200, body: { ...explanation, decision, rules: [deny], suggestion } };
    const ask = ['policy', 'explain', 'exec', 'pods/web', '-n', 'prod', '--cluster', 'dev'];
    const { out } = await rig.run(...ask);
    expect(out).toMatch(
      /What to do next:\n {2}- To ask for the right to it, run: sallyport elevate admin --cluster dev\n/,
    );
    expect(out).toContain('  > holds  groups         you have: developers  (2 conditions)\n');
    expect(out).toContain('or ask for another name (k8s/name is prod), or change one of 2 other things.\n');
    deny.criteria.splice(3);
    expect((await rig.run(...ask)).out).toContain(
      'you would have to ask for another namespace (k8s/namespace is prod), or be in another group (2 conditions on groups, which is developers).\n',
    );
    answer.body = { ...(answer.body as object), person: { ...explanation.person, other: true } };
    expect((await rig.run(...ask)).out).toContain('  - The refusal tells them: To ask for the right to it, run: ');
  });

  it('asks about another user, by a path, and shows everything', async () => {
    answer = {
      status: 200,
      body: {
        ...explanation,
        shows: 'all',
        decision: { ...explanation.decision, effect: 'allow', rule: 'cluster/dev[0].allow.and' },
        upstream: { user: 'bob', groups: ['sre'], droppedGroups: ['x'] },
      },
    };
    const { out } = await rig.run(
      'policy',
      'explain',
      '--path',
      '/api/v1/pods?watch=true',
      '--method',
      'GET',
      '--cluster',
      'dev',
      '--user',
      'bob',
      '--groups',
      'sre,x',
    );
    expect(sent()).toEqual({
      cluster: 'dev',
      path: '/api/v1/pods?watch=true',
      method: 'GET',
      about: { user: 'bob', groups: ['sre', 'x'] },
    });
    expect(out).toContain('At the cluster: user bob, groups sre (withheld: x).');
    expect(out).not.toContain('are not shown');
  });

  it('uses the cluster and the namespace of the current context', async () => {
    expect(await rig.run('policy', 'explain', 'list', 'pods')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--cluster'),
    });
    writeFileSync(
      rig.kubeconfig,
      `current-context: c\ncontexts: [{name: c, context: {cluster: x, namespace: shop}}]\nclusters: [{name: x, cluster: {server: "${gateway.origin}/clusters/prod"}}]`,
    );
    await rig.run('policy', 'explain', 'list', 'pods');
    expect(sent()).toMatchObject({ cluster: 'prod', namespace: 'shop' });
    await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'dev');
    expect(sent()).toMatchObject({ cluster: 'dev', namespace: 'default' });
    writeFileSync(
      rig.kubeconfig,
      'current-context: c\ncontexts: [{name: c, context: {cluster: x, namespace: shop}}]\nclusters: [{name: x, cluster: {server: "https://elsewhere.example.com/clusters/prod"}}]',
    );
    expect(await rig.run('policy', 'explain', 'list', 'pods')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--cluster'),
    });
    await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'prod');
    expect(sent()).toMatchObject({ cluster: 'prod', namespace: 'default' });
  });

  it('uses the gateway of the current context if only kubectl has logged in', async () => {
    writeFileSync(
      rig.kubeconfig,
      `current-context: c\ncontexts: [{name: c, context: {cluster: x}}]\nclusters: [{name: x, cluster: {server: "${gateway.origin}/clusters/prod"}}]`,
    );
    rmSync(path.join(rig.home, 'current-gateway'));
    expect(await rig.run('policy', 'explain', 'list', 'pods')).toMatchObject({ code: 0 });
    expect(sent()).toMatchObject({ cluster: 'prod' });
    writeFileSync(rig.kubeconfig, '');
    expect(await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'dev')).toMatchObject({ code: 3 });
  });

  it('tells what to do if the gateway shows nothing', async () => {
    answer = {
      status: 404,
      body: {
        code: 'not-found',
        detail: 'There is no cluster "x" here, or none of its rules about this request applies to you.',
      },
    };
    expect(await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'x')).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringMatching(/There is no cluster "x" here[\s\S]*Ask the operator of the gateway/),
    });
    answer = {
      status: 403,
      body: { code: 'forbidden', detail: 'You may not ask about other users (api.policy.policy).' },
    };
    expect(await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'x', '--user', 'bob')).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('ask about other users'),
    });
    answer = { status: 200, body: { rules: 'x' } };
    expect(await rig.run('policy', 'explain', 'list', 'pods', '--cluster', 'x')).toMatchObject({ code: 4, out: '' });
  });
});
