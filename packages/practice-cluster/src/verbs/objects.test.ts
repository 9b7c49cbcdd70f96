import { describe, expect, it } from '@jest/globals';
import { ask, cluster, configMap, dev, lines, watch, useCluster } from '../testing/practice-cluster-fixture.ts';

useCluster();

describe('objects', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await ask('POST', `${dev}/configmaps`, { body: configMap('a', { k: '1' }) });
    expect(created).toMatchObject({
      code: 201,
      body: { metadata: { name: 'a', namespace: 'dev', uid: expect.any(String) } },
    });
    expect((await ask('POST', `${dev}/configmaps`, { body: configMap('a') })).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    const changed = await ask('PUT', `${dev}/configmaps/a`, { body: { ...created.body, data: { k: '2' } } });
    expect(changed.body).toMatchObject({ data: { k: '2' }, metadata: { uid: created.body.metadata.uid } });
    expect((await ask('PUT', `${dev}/configmaps/a`, { body: created.body })).body).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    expect(
      (await ask('PATCH', `${dev}/configmaps/a`, { body: { data: { l: '3' } }, type: 'application/merge-patch+json' }))
        .body,
    ).toMatchObject({ data: { k: '2', l: '3' } });
    expect((await ask('DELETE', `${dev}/configmaps/a`)).body).toMatchObject({ status: 'Success' });
    expect((await ask('GET', `${dev}/configmaps/a`)).body).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  it('keep their version if a change has no effect', async () => {
    const before = (await ask('GET', `${dev}/configmaps/web-settings`)).body.metadata.resourceVersion;
    expect(
      (
        await ask('PATCH', `${dev}/configmaps/web-settings`, {
          body: { data: { colour: 'green' } },
          type: 'application/merge-patch+json',
        })
      ).body.metadata.resourceVersion,
    ).toBe(before);
  });

  it('stay unchanged in a dry run, unless options in the body override the query', async () => {
    expect((await ask('POST', `${dev}/configmaps?dryRun=All`, { body: configMap('dry') })).code).toBe(201);
    expect((await ask('GET', `${dev}/configmaps/dry`)).code).toBe(404);
    expect((await ask('DELETE', `${dev}/configmaps/web-settings?dryRun=All`)).code).toBe(200);
    expect((await ask('GET', `${dev}/configmaps/web-settings`)).code).toBe(200);
    expect(
      (
        await ask('DELETE', `${dev}/configmaps/web-settings?dryRun=All`, {
          body: { apiVersion: 'v1', kind: 'DeleteOptions' },
        })
      ).code,
    ).toBe(200);
    expect((await ask('GET', `${dev}/configmaps/web-settings`)).code).toBe(404);
    expect((await ask('POST', `${dev}/configmaps?dryRun=some`, { body: configMap('dry') })).code).toBe(400);
  });

  it('are listed by label, field and page', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await ask('GET', `/api/v1/pods?${query}`)).body.items.map(({ metadata }) => metadata.name);
    expect(await names('labelSelector=app%3Dweb')).toEqual(['web', 'web']);
    expect(await names('fieldSelector=metadata.namespace%3Dprod')).toEqual(['web']);
    const first = await ask('GET', '/api/v1/serviceaccounts?limit=3');
    expect(first.body).toMatchObject({ items: [{}, {}, {}], metadata: { remainingItemCount: 1 } });
    expect(
      (await ask('GET', `/api/v1/serviceaccounts?limit=3&continue=${first.body.metadata.continue}`)).body.items,
    ).toHaveLength(1);
    expect((await ask('GET', '/api/v1/pods?labelSelector=%21%21')).code).toBe(400);
    expect((await ask('GET', '/api/v1/pods?continue=zzz')).code).toBe(400);
  });

  it('are returned as a table for kubectl', async () => {
    const { body } = await ask('GET', `${dev}/configmaps`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    });
    expect(body).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ cells: ['web-settings', 2, expect.stringMatching(/^\d+s$/)] }],
    });
    expect(
      (await ask('GET', `${dev}/configmaps`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).code,
    ).toBe(406);
  });

  it('that are invalid are refused with the field', async () => {
    expect(
      (
        await ask('POST', `${dev}/pods`, {
          body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [{ name: 'c' }] } },
        })
      ).body,
    ).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'Pod "x" is invalid: spec.containers[0].image: Required value',
    });
    expect((await ask('POST', `${dev}/configmaps`, { body: configMap('Not_a_name') })).code).toBe(422);
    expect((await ask('POST', '/api/v1/namespaces/nowhere/configmaps', { body: configMap('x') })).body).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    });
  });

  it.each([
    ['{nope', 400],
    ['[]', 400],
    ['{"kind":"ConfigMap"}', 400],
    ['{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"a":1}}}', 400],
    ['{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}', 400],
    ['['.repeat(100_000), 400],
    [`{"apiVersion":"v1","kind":"ConfigMap","x":${'['.repeat(200)}${']'.repeat(200)}}`, 400],
    ['x'.repeat(3_200_000), 413],
  ])('a body of %.30s is %i', async (body, code) => {
    expect((await ask('POST', `${dev}/configmaps`, { body })).code).toBe(code);
  });

  it('are deleted with their namespace', async () => {
    await ask('DELETE', '/api/v1/namespaces/prod');
    expect((await ask('GET', '/api/v1/namespaces/prod/pods')).body.items).toEqual([]);
    expect((await ask('GET', '/api/v1/namespaces/prod')).code).toBe(404);
  });

  it('of server-side apply are refused with an alternative', async () => {
    expect(
      (await ask('PATCH', `${dev}/configmaps/x?fieldManager=k`, { body: '{}', type: 'application/apply-patch+yaml' }))
        .body,
    ).toMatchObject({ code: 415, message: expect.stringContaining('--server-side=false') });
  });
});

describe('a deployment', () => {
  it('has the requested number of pods, which are deleted with it', async () => {
    const pods = async (): Promise<string[]> =>
      (await ask('GET', `${dev}/pods?labelSelector=app%3Dshop`)).body.items.map(({ metadata }) => metadata.name);
    expect(await pods()).toHaveLength(2);
    await ask('PATCH', '/apis/apps/v1/namespaces/dev/deployments/shop/scale', {
      body: { spec: { replicas: 4 } },
      type: 'application/merge-patch+json',
    });
    expect(await pods()).toHaveLength(4);
    expect((await ask('GET', '/apis/apps/v1/namespaces/dev/deployments/shop')).body).toMatchObject({
      metadata: { generation: 2 },
      status: { readyReplicas: 4, observedGeneration: 2 },
    });
    await ask('DELETE', `${dev}/pods/${(await pods())[0]}`);
    expect(await pods()).toHaveLength(4);
    await ask('DELETE', '/apis/apps/v1/namespaces/dev/deployments/shop');
    expect(await pods()).toEqual([]);
  });
});

describe('a watch', () => {
  it('reports existing objects and changes', async () => {
    const events = lines(await watch(`${dev}/configmaps?watch=1`));
    expect((await events.next()).value).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'web-settings' } },
    });
    await ask('POST', `${dev}/configmaps`, { body: configMap('b') });
    await ask('DELETE', `${dev}/configmaps/b`);
    expect([(await events.next()).value, (await events.next()).value]).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'b' } } },
      { type: 'DELETED', object: { metadata: { name: 'b' } } },
    ]);
  });

  it('starts after a version, and only reports objects that match the selector', async () => {
    const { resourceVersion } = (await ask('GET', `${dev}/configmaps`)).body.metadata;
    await ask('POST', `${dev}/configmaps`, { body: configMap('other') });
    await ask('POST', `${dev}/configmaps`, {
      body: { ...configMap('mine'), metadata: { name: 'mine', labels: { a: 'b' } } },
    });
    const events = lines(
      await watch(`${dev}/configmaps?watch=true&resourceVersion=${resourceVersion}&labelSelector=a%3Db`),
    );
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'mine' } } });
    await ask('PATCH', `${dev}/configmaps/mine`, {
      body: { metadata: { labels: null } },
      type: 'application/merge-patch+json',
    });
    expect((await events.next()).value).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'mine' } } });
  });

  it('marks the end of the initial objects, and expires old versions like a real cluster', async () => {
    const initial = lines(
      await watch(
        `${dev}/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      ),
    );
    expect([(await initial.next()).value, (await initial.next()).value]).toMatchObject([
      { type: 'ADDED' },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
    const table = lines(
      await watch(`${dev}/configmaps?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
    );
    expect((await table.next()).value).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', columnDefinitions: expect.any(Array) },
    });
    for (let turn = 0; turn < 1100; turn += 1)
      await ask('PATCH', `${dev}/configmaps/web-settings`, {
        body: { data: { turn: String(turn) } },
        type: 'application/merge-patch+json',
      });
    expect((await lines(await watch(`${dev}/configmaps?watch=1&resourceVersion=5`)).next()).value).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });

  it('ends at its timeout and when the cluster closes', async () => {
    const timed = await watch(`${dev}/secrets?watch=1&resourceVersion=100000&timeoutSeconds=1`);
    expect((await lines(timed).next()).done).toBe(true);
    const open = await watch(`${dev}/secrets?watch=1&resourceVersion=100000`);
    await cluster.close();
    expect((await lines(open).next()).done).toBe(true);
  });
});

describe('a log', () => {
  it('states that it is simulated, and can be limited', async () => {
    expect((await ask('GET', `${dev}/pods/web/log`)).body.text).toContain('does not really run');
    expect((await ask('GET', `${dev}/pods/web/log?tailLines=1`)).body.text).toBe('listening on :8080\n');
    expect((await ask('GET', `${dev}/pods/web/log?limitBytes=4`)).body.text).toBe('this');
    expect((await ask('GET', `${dev}/pods/web/log?container=nope`)).code).toBe(400);
  });

  it('that is followed continues until the pod is deleted', async () => {
    const message = await watch(`${dev}/pods/web/log?follow=true&tailLines=0`);
    let text = '';
    for await (const chunk of message) {
      if (text === '') await ask('DELETE', `${dev}/pods/web`);
      text += String(chunk);
    }
    expect(text).toContain('GET /healthz');
  });
});
