import { afterEach, describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, kubernetes, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const rigs: Awaited<ReturnType<typeof startRig>>[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const dev = { kind: 'cluster', name: 'dev' } as const;
const developers = { groups: 'developers' };

async function ask(policy: object, asked: Parameters<typeof kubernetes>[0], more: object = {}) {
  const rig = await startRig({
    config: { ...sampleConfig, clusters: [{ ...sampleConfig.clusters[0], policy, ...more }] },
  });
  rigs.push(rig);
  const token = await rig.logIn(identityOf('alice', ['developers']));
  const [answer] = await rig.ask(checkOf(token, dev, { kubernetes: kubernetes(asked) }));
  return { ...answer!.decision, detail: answer!.problem?.detail };
}

const lists = {
  verb: 'list',
  requestVerb: 'list',
  resource: 'secrets',
  namespace: '',
  namespaced: true,
  aggregated: false,
};

describe('a request that spans namespaces', () => {
  const everything = { allow: { or: [developers] } };

  it('is refused by a deny of one of them, with a helpful message', async () => {
    expect(await ask([everything, { deny: { and: [{ 'k8s/namespace': 'prod' }] } }], lists)).toMatchObject({
      effect: 'deny',
      rule: 'cluster/dev[1].deny.and',
      reasons: ['k8s-namespace-open'],
      detail: expect.stringContaining('this lists all namespaces; ask for one: -n NAMESPACE'),
    });
  });

  it('is subject to the deny rules of namespaces, but not to their allow rules', async () => {
    const namespaces = [
      {
        match: ['prod'],
        policy: [{ allow: { or: [developers] } }, { deny: { and: [{ 'k8s/resource': 'secrets' }] } }],
      },
    ];
    expect(await ask([everything], lists, { namespaces })).toMatchObject({
      effect: 'deny',
      rule: 'namespace/dev/prod[1].deny.and',
    });
    expect(await ask([everything], { ...lists, resource: 'pods' }, { namespaces })).toMatchObject({
      effect: 'allow',
      rule: 'cluster/dev[0].allow.or',
    });
    expect(await ask([], { ...lists, resource: 'pods' }, { namespaces })).toMatchObject({
      effect: 'deny',
      rule: 'default-deny',
    });
  });

  it('is subject to the policies of the namespace that a selector pins', async () => {
    const namespaces = [
      {
        match: ['prod'],
        policy: [{ allow: { or: [developers] } }, { deny: { and: [{ 'k8s/resource': 'secrets' }] } }],
      },
    ];
    const pinned = (namespace: string) => ({ ...lists, fieldSelector: `metadata.namespace=${namespace}` });
    expect(await ask([everything], pinned('prod'), { namespaces })).toMatchObject({
      effect: 'deny',
      rule: 'namespace/dev/prod[1].deny.and',
    });
    expect(await ask([everything], pinned('dev'), { namespaces })).toMatchObject({ effect: 'allow' });
    expect(await ask([], { ...pinned('prod'), resource: 'pods' }, { namespaces })).toMatchObject({
      effect: 'allow',
      rule: 'namespace/dev/prod[0].allow.or',
    });
  });
});

describe('a request that must also pass as another verb', () => {
  it('has that verb in its decision and message', async () => {
    const readOnly = [{ allow: { and: [developers, { 'k8s/verb': ['get', 'list', 'watch', 'patch'] }] } }];
    expect(await ask(readOnly, { resource: 'nodes', subresource: 'proxy', namespace: '', name: 'n1' })).toMatchObject({
      effect: 'deny',
      rule: 'default-deny',
      evaluatedAs: 'create',
      detail: expect.stringContaining('it must also be allowed as "create"'),
    });
    expect(
      await ask(readOnly, { verb: 'patch', requestVerb: 'patch', resource: 'configmaps', name: 'x', upsert: true }),
    ).toMatchObject({ effect: 'deny', evaluatedAs: 'create' });
    expect(
      await ask(readOnly, { verb: 'patch', requestVerb: 'patch', resource: 'configmaps', name: 'x' }),
    ).not.toHaveProperty('evaluatedAs');
  });
});
