import { describe, expect, it } from '@jest/globals';
import type { Ask } from './ask-cluster.ts';
import { createClusterKinds } from './cluster-kinds.ts';

const document = (scope: string, freshness = 'Current') =>
  JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    items: [
      {
        metadata: { name: 'example.com' },
        versions: [
          {
            version: 'v1',
            freshness,
            resources: [
              { resource: 'widgets', scope },
              { resource: 'teams', scope: 'Namespaced' },
              { resource: 'odd', scope: 'Else' },
            ],
          },
        ],
      },
    ],
  });

function setUp(status = 200, body = document('Cluster'), etag?: string) {
  const state = { now: 1_000_000, status, body, etag, asked: [] as Ask[], fails: false, hold: Promise.resolve() };
  const kinds = createClusterKinds({
    clock: () => state.now,
    async ask(request) {
      state.asked.push(request);
      const answer = { status: state.status, body: state.body };
      await state.hold;
      if (state.fails) throw new Error('down');
      return { ...answer, header: (name) => (name === 'etag' ? state.etag : undefined) };
    },
  });
  const of = async (resource: string, version = 'v1') => await kinds.namespaced('example.com', version, resource);
  return { state, kinds, of };
}

describe('whether a kind of a cluster is namespaced', () => {
  it('is what discovery reports, asked for once for all kinds', async () => {
    const { state, of } = setUp();
    expect([
      await of('widgets'),
      await of('teams'),
      await of('odd'),
      await of('none'),
      await of('widgets', 'v2'),
    ]).toEqual([false, true, undefined, undefined, undefined]);
    expect(state.asked).toHaveLength(1);
    expect(state.asked[0]).toMatchObject({
      path: '/apis',
      headers: ['Accept', expect.stringContaining('as=APIGroupDiscoveryList')],
    });
  });

  it('is asked once for all callers that wait', async () => {
    const { state, of } = setUp();
    expect(await Promise.all([of('widgets'), of('widgets'), of('teams')])).toEqual([false, false, true]);
    expect(state.asked).toHaveLength(1);
  });

  it('is used for two seconds at most if the kind is not, because the kind may have been created again', async () => {
    const { state, of } = setUp();
    expect(await of('widgets')).toBe(false);
    state.body = document('Namespaced');
    state.now += 1999;
    expect(await of('widgets')).toBe(false);
    state.now += 1;
    expect(await of('widgets')).toBe(true);
    expect(state.asked).toHaveLength(2);
  });

  it('is not used if the answer took longer than that', async () => {
    const { state, of } = setUp();
    let release = () => {};
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const waiting = of('widgets');
    state.now += 2000;
    release();
    expect(await waiting).toBeUndefined();
  });

  it('is used for a minute if the kind is', async () => {
    const { state, of } = setUp();
    await of('teams');
    state.now += 59_999;
    expect([await of('teams'), state.asked.length]).toEqual([true, 1]);
    state.now += 1;
    expect([await of('teams'), state.asked.length]).toEqual([true, 2]);
  });

  it('is unknown while the cluster cannot be reached, even after a "no", and the cluster is left alone for a while', async () => {
    const { state, of } = setUp();
    await of('widgets');
    state.now += 3000;
    state.fails = true;
    expect([await of('widgets'), await of('widgets'), state.asked.length]).toEqual([undefined, undefined, 2]);
    state.fails = false;
    state.now += 5000;
    expect([await of('widgets'), state.asked.length]).toEqual([false, 3]);
  });

  it('is confirmed by a 304', async () => {
    const { state, of } = setUp(200, document('Cluster'), '"a"');
    await of('widgets');
    Object.assign(state, { now: state.now + 2000, status: 304, body: '', etag: undefined });
    expect([await of('widgets'), state.asked[1]!.headers.slice(2)]).toEqual([false, ['If-None-Match', '"a"']]);
    state.now += 2000;
    expect([await of('widgets'), state.asked[2]!.headers.slice(2)]).toEqual([false, ['If-None-Match', '"a"']]);
  });

  it.each([
    [403, document('Cluster')],
    [200, '{"kind":"APIGroupList","groups":[]}'],
    [200, 'x'],
    [200, '{"kind":"APIGroupDiscoveryList","items":[null,{"versions":[{}]},{"versions":[{"resources":[7]}]}]}'],
    [200, 'null'],
    [200, document('Cluster', 'Stale')],
    [304, ''],
  ])('is unknown after %j %s', async (status, body) => {
    const { state, of } = setUp(status, body);
    expect([await of('widgets'), await of('widgets'), state.asked.length]).toEqual([undefined, undefined, 1]);
  });
});

describe('whether an API is aggregated', () => {
  const services = JSON.stringify({
    kind: 'APIServiceList',
    items: [
      { spec: { group: 'example.com', version: 'v1' } },
      { spec: { group: 'metrics.k8s.io', version: 'v1beta1', service: { name: 'metrics', namespace: 'kube-system' } } },
      { spec: { version: 'v1', service: null } },
      { spec: { group: 7, version: 'v1' } },
      null,
      {},
    ],
  });

  it('is what its APIService reports', async () => {
    const { state, kinds } = setUp(200, services);
    expect([
      await kinds.aggregated('example.com', 'v1'),
      await kinds.aggregated('metrics.k8s.io', 'v1beta1'),
      await kinds.aggregated('', 'v1'),
      await kinds.aggregated('example.com', 'v2'),
    ]).toEqual([false, true, false, undefined]);
    expect(state.asked.map(({ path }) => path)).toEqual(['/apis/apiregistration.k8s.io/v1/apiservices']);
  });

  it.each([
    [403, services],
    [200, '{"kind":"List","items":[]}'],
    [200, '[]'],
    [200, 'x'],
  ])('is unknown after %j %s, and not asked again for a while', async (status, body) => {
    const { state, kinds } = setUp(status, body);
    expect([
      await kinds.aggregated('example.com', 'v1'),
      await kinds.aggregated('example.com', 'v1'),
      state.asked.length,
    ]).toEqual([undefined, undefined, 1]);
  });
});
