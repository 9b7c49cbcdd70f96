import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createPracticeCluster, type ClusterAuditEvent, type PracticeCluster } from '@sallyport/practice-cluster';
import {
  createNamespace,
  describeWith,
  eventually,
  httpRequestOnce,
  theBed,
  type TestNamespace,
} from '../harness/index.ts';

type Asked = {
  method?: string;
  path: string;
  headers?: Record<string, string | string[]>;
  body?: object;
  token?: string;
};

const alice = { 'impersonate-user': 'alice@example.com', 'impersonate-uid': 'u-1', 'impersonate-group': 'developers' };
const session = { 'impersonate-extra-sallyport.dev%2fsession': 's-1' };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' }, data: { a: 'b' } };

/** Requests in a namespace where developers may edit, in this order. */
const requests: Record<string, (namespace: string) => Asked> = {
  'a list': (namespace) => ({ path: `${namespace}/pods?limit=5`, headers: { ...alice, ...session } }),
  'a create': (namespace) => ({ method: 'POST', path: `${namespace}/configmaps`, headers: alice, body: configMap }),
  'a get': (namespace) => ({ path: `${namespace}/configmaps/mine`, headers: alice }),
  'a name that exists already': (namespace) => ({
    method: 'POST',
    path: `${namespace}/configmaps`,
    headers: alice,
    body: configMap,
  }),
  'a name that does not exist': (namespace) => ({ path: `${namespace}/configmaps/nothing`, headers: alice }),
  'a kind that does not exist': (namespace) => ({ path: `${namespace}/wonders`, headers: alice }),
  'a watch': (namespace) => ({
    path: `${namespace}/configmaps?watch=true&resourceVersion=0&timeoutSeconds=1`,
    headers: alice,
  }),
  'a path': () => ({ path: '/version', headers: alice }),
  'a refusal': () => ({ path: '/api/v1/namespaces/kube-system/secrets', headers: alice }),
  'a request of the account itself': (namespace) => ({ path: `${namespace}/pods` }),
  'an impersonation that is refused': (namespace) => ({
    path: `${namespace}/pods`,
    headers: { ...alice, 'impersonate-group': 'system:masters' },
  }),
  'a wrong token': (namespace) => ({ path: `${namespace}/pods`, token: 'wrong' }),
  'a delete': (namespace) => ({ method: 'DELETE', path: `${namespace}/configmaps/mine`, headers: alice }),
};

/** What two clusters have in common: not the account, the times, the IDs and the reasons of their own. */
function comparable(event: ClusterAuditEvent, namespace: string): object {
  const { auditID: _id, requestReceivedTimestamp, stageTimestamp, user, annotations, ...rest } = event;
  const isTime = (time: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time);
  const { 'authorization.k8s.io/reason': reason, ...decision } = annotations ?? {};
  const text = JSON.stringify({
    ...rest,
    user: Object.keys(user).filter((name) => name !== 'uid' && name !== 'extra'),
    annotations: { ...decision, hasReason: reason !== undefined },
    times: [isTime(requestReceivedTimestamp), isTime(stageTimestamp)],
  });
  return JSON.parse(
    text
      .replaceAll(new RegExp(`(?<![\\w.])${namespace}(?!\\w)`, 'g'), 'NAMESPACE')
      .replaceAll(user.username ?? '', 'ACCOUNT')
      .replaceAll(/"uid":"[0-9a-f-]{36}"/g, '"uid":"UID"'),
  ) as object;
}

describeWith(['cluster'], 'the audit log of the practice cluster', () => {
  let practice: PracticeCluster;
  let namespace: TestNamespace;
  const events: ClusterAuditEvent[] = [];
  let realToken: string;

  beforeAll(async () => {
    practice = createPracticeCluster({
      tokens: { gateway: { user: 'system:serviceaccount:sallyport:gateway' } },
      impersonatableGroups: ['developers'],
      onAudit: (event) => events.push(structuredClone(event)),
    });
    await practice.listen();
    const cluster = theBed().cluster!;
    namespace = await createNamespace();
    // Its own account: the role of the gateway's is in use by other tests.
    const account = await cluster.createGatewayServiceAccount({ name: 'practice-audit', groups: ['developers'] });
    realToken = readFileSync(account.tokenFile, 'utf8').trim();
  });
  afterAll(async () => {
    await practice?.close();
    await namespace?.remove();
    const { admin } = theBed().cluster!;
    for (const kind of ['clusterrolebinding', 'clusterrole', 'serviceaccount'])
      await admin.tryKubectl(['delete', kind, 'practice-audit', '-n', 'sallyport', '--ignore-not-found']);
  });

  const send = async (server: string, token: string, asked: Asked, ca?: string) => {
    const auditID = randomUUID();
    const { method = 'GET', path, headers, body } = asked;
    const { status } = await httpRequestOnce(`${server}${path}`, {
      ...(ca === undefined ? {} : { ca }),
      method,
      headers: {
        'user-agent': 'test',
        'audit-id': auditID,
        authorization: `Bearer ${asked.token ?? token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { auditID, status };
  };
  const realEvents = () =>
    readFileSync(theBed().cluster!.auditLogFile, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as ClusterAuditEvent);

  it.each(Object.entries(requests))('has the events that kube-apiserver has of %s', async (name, ask) => {
    const cluster = theBed().cluster!;
    const [ours, theirs] = [
      await send(practice.url, 'gateway', ask('/api/v1/namespaces/dev')),
      await send(cluster.server, realToken, ask(`/api/v1/namespaces/${namespace.name}`), cluster.caPem),
    ];
    expect(ours.status).toBe(theirs.status);
    // A later request is in the log after it.
    const after = await send(cluster.server, realToken, { path: '/version', headers: alice }, cluster.caPem);
    await eventually('the events', () => realEvents().filter(({ auditID }) => auditID === after.auditID).length === 2);
    const real = realEvents().filter(({ auditID }) => auditID === theirs.auditID);
    // The audit policy of the real cluster omits ResponseStarted.
    const isOurs = ({ auditID, stage }: ClusterAuditEvent) => auditID === ours.auditID && stage !== 'ResponseStarted';
    await eventually('our events', () => events.filter(isOurs).length >= real.length);
    expect(events.filter(isOurs).map((event) => comparable(event, 'dev'))).toEqual(
      real.map((event) => comparable(event, namespace.name)),
    );
    expect({ name, count: real.length }).toEqual({ name, count: name === 'a wrong token' ? 0 : 2 });
  });
});
