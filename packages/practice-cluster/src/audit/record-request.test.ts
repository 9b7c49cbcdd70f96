import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { as, ask, cluster, configMap, dev, start, useCluster, watch } from '../testing/practice-cluster-fixture.ts';
import type { ClusterAuditEvent } from './cluster-audit-event.ts';

let events: ClusterAuditEvent[];
useCluster();
beforeEach(async () => {
  await cluster.close();
  events = [];
  await start({ onAudit: (event) => events.push(structuredClone(event)) });
});

/** Returns the events of requests for a path, as soon as there are as many. */
async function eventsOf(path: string, count: number): Promise<ClusterAuditEvent[]> {
  const found = () => events.filter(({ requestURI }) => requestURI.startsWith(path));
  while (found().length < count) await sleep(5);
  return found();
}

describe('the audit log of the practice cluster', () => {
  it('has two events of a request, and names the user that it acts as when it is answered', async () => {
    const { headers } = as('alice@example.com', 'developers');
    const auditID = '3c1de22c-43ba-4b37-9dbb-000000000001';
    await ask('GET', `${dev}/pods/web`, {
      token: 'gateway',
      headers: { ...headers, 'Audit-Id': auditID, 'User-Agent': 'kubectl' },
    });
    const received = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID,
      stage: 'RequestReceived',
      requestURI: `${dev}/pods/web`,
      verb: 'get',
      user: {
        username: 'system:serviceaccount:sallyport:gateway',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:sallyport', 'system:authenticated'],
      },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'kubectl',
      objectRef: { resource: 'pods', namespace: 'dev', name: 'web', apiVersion: 'v1' },
      requestReceivedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      stageTimestamp: expect.any(String),
    };
    expect(await eventsOf(dev, 2)).toEqual([
      received,
      {
        ...received,
        stage: 'ResponseComplete',
        impersonatedUser: { username: 'alice@example.com', groups: ['developers', 'system:authenticated'] },
        responseStatus: { metadata: {}, code: 200 },
        annotations: {
          'authorization.k8s.io/decision': 'allow',
          'authorization.k8s.io/reason': expect.stringContaining('RBAC'),
        },
      },
    ]);
  });

  it('says why a request was refused, and by whom', async () => {
    await ask('GET', '/api/v1/namespaces/prod/secrets', as('alice', 'developers'));
    await ask('POST', `${dev}/configmaps`, { body: configMap('Not A Name') });
    const [, forbidden] = await eventsOf('/api/v1/namespaces/prod/secrets', 2);
    expect(forbidden).toMatchObject({
      responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
    await ask('DELETE', `${dev}/configmaps/web-settings`);
    expect((await eventsOf(`${dev}/configmaps/web-settings`, 2))[1]!.responseStatus).toEqual({
      metadata: {},
      status: 'Success',
      details: { kind: 'configmaps', name: 'web-settings', uid: expect.any(String) },
      code: 200,
    });
    const [, invalid] = await eventsOf(`${dev}/configmaps`, 2);
    expect(invalid).toMatchObject({
      verb: 'create',
      user: { username: 'kubernetes-admin' },
      objectRef: { name: 'Not A Name' },
      responseStatus: { reason: 'Invalid', code: 422 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
  });

  it('has no decision and no other user where the impersonation was refused', async () => {
    await cluster.close();
    await start({ impersonatableGroups: ['developers'], onAudit: (event) => events.push(structuredClone(event)) });
    await ask('GET', `${dev}/pods`, as('mallory', 'sre'));
    const [, refused] = await eventsOf(dev, 2);
    expect(refused).toMatchObject({ stage: 'ResponseComplete', responseStatus: { code: 403 } });
    expect([refused!.impersonatedUser, refused!.annotations]).toEqual([undefined, undefined]);
  });

  it('has one event of a credential that was refused, without a user and without the credential', async () => {
    await ask('GET', `${dev}/pods`, { token: 'a-stolen-token' });
    // A later request has its events after it.
    await ask('GET', '/version');
    await eventsOf('/version', 2);
    expect(await eventsOf(dev, 1)).toEqual([
      expect.objectContaining({
        stage: 'ResponseStarted',
        user: {},
        responseStatus: expect.objectContaining({ code: 401 }),
      }),
    ]);
    expect(JSON.stringify(events)).not.toContain('a-stolen-token');
  });

  it('records when a watch begins, and when it ends', async () => {
    const message = await watch(`${dev}/configmaps?watch=true`);
    const stages = (some: ClusterAuditEvent[]) =>
      some.map(({ stage, responseStatus }) => [stage, responseStatus?.code]);
    expect(stages(await eventsOf(dev, 2))).toEqual([
      ['RequestReceived', undefined],
      ['ResponseStarted', 200],
    ]);
    message.destroy();
    expect(stages(await eventsOf(dev, 3)).at(-1)).toEqual(['ResponseComplete', 200]);
  });

  it('records a request that nothing reads, and none that it cannot read', async () => {
    await ask('GET', '/nothing/here');
    await ask('GET', '/api/v1/watch');
    await ask('GET', '/version');
    await eventsOf('/version', 2);
    expect(
      (await eventsOf('/nothing/here', 2)).map(({ objectRef, responseStatus }) => [objectRef, responseStatus?.code]),
    ).toEqual([
      [undefined, undefined],
      [undefined, 404],
    ]);
    expect(events.filter(({ requestURI }) => requestURI === '/api/v1/watch')).toEqual([]);
  });
});
