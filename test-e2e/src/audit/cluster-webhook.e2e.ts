import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority, startBed, type Bed } from '@sallyport/bed';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  runDirectory,
  startGateway,
  type Gateway,
} from '../harness/index.ts';

const token = `spa_${randomBytes(32).toString('base64url')}`;
const address = '/.sallyport/audit/dev';
/** A request with this in its address is missing in what reaches the gateway. */
const withheld = 'limit=77';
type EventList = { kind: string; apiVersion: string; items: { auditID: string; requestURI: string }[] };

describeWith(['cluster'], "the webhook of a real API server's audit events", () => {
  let directory: string;
  let relay: Server;
  let bed: Bed;
  let gateway: Gateway | undefined;
  let alice: string;
  const batches: { status: number; list: EventList }[] = [];

  /** Passes on what the API server sends, without the events that are to be lost. */
  const pass = async (body: string, headers: Record<string, string>): Promise<number> => {
    if (!gateway) return 503;
    const list = JSON.parse(body) as EventList;
    const items = list.items.filter(({ requestURI }) => !requestURI.includes(withheld));
    const { status } = await httpRequestOnce(`${gateway.url}${address}`, {
      ca: gateway.caPem,
      method: 'POST',
      headers,
      body: JSON.stringify({ ...list, items }),
    });
    batches.push({ status, list });
    return status;
  };
  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'webhook-'));
    // A client of Kubernetes sends its token only over TLS.
    const authority = await createCertificateAuthority({ name: 'relay' });
    const { keyPem: key, certPem: cert } = await authority.issue({ commonName: 'relay', ipAddresses: ['127.0.0.1'] });
    relay = createServer({ key, cert }, (request, response) => {
      const { authorization = '', 'content-type': type = '' } = request.headers;
      void text(request)
        .then((body) => pass(body, { authorization, 'content-type': type }))
        .catch(() => 502)
        .then((status) => response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end());
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const auditWebhookFile = path.join(directory, 'webhook.kubeconfig');
    const server = `https://127.0.0.1:${(relay.address() as AddressInfo).port}${address}`;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'sallyport', cluster: { server, 'certificate-authority-data': btoa(authority.caPem) } }],
      users: [{ name: 'kube-apiserver', user: { token } }],
      contexts: [{ name: 'audit', context: { cluster: 'sallyport', user: 'kube-apiserver' } }],
      'current-context': 'audit',
    };
    writeFileSync(auditWebhookFile, JSON.stringify(config), { mode: 0o600 });
    bed = await startBed({ need: ['cluster'], auditWebhookFile });
    const cluster = bed.cluster!;
    const account = await cluster.createGatewayServiceAccount({ groups: ['developers'] });
    await cluster.admin.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [
        {
          server: cluster.server,
          caFile: cluster.caFile,
          tokenFile: account.tokenFile,
          impersonate: { groups: ['developers'] },
          auditWebhook: { tokenSha256: createHash('sha256').update(token).digest('hex'), grace: '20s' },
        },
      ],
    });
    ({ token: alice } = await gateway.login('alice@example.com'));
  });
  afterAll(async () => {
    await gateway?.stop();
    await bed?.stop();
    relay?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const list = async (where: string) => {
    const answer = await gateway!.request(`/clusters/dev/api/v1/${where}`, { token: alice });
    return { status: answer.status };
  };
  /** Returns the alerts about requests whose address contains a text. */
  const alertsAbout = (part: string) =>
    gateway!
      .events({ type: 'audit.alert' })
      .map(({ data }) => data.sallyport.alert!)
      .filter(({ requestURI = '' }) => requestURI.includes(part));

  it('is accepted as kube-apiserver sends it, in batches of audit.k8s.io/v1', async () => {
    expect((await list('namespaces/default/configmaps')).status).toBe(200);
    // What has waited for the gateway arrives all at once, so a batch may be told to come again a second later, or that
    // the audit log is late.
    const batch = await eventually('an accepted batch with the request', () =>
      batches.find(
        ({ status, list: { items } }) =>
          status === 200 && items.some(({ requestURI }) => requestURI.endsWith('/default/configmaps')),
      ),
    );
    expect(batch.list).toMatchObject({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1' });
    const refused = batches.filter(({ status }) => status !== 200);
    expect(refused.filter(({ status }) => status !== 429 && status !== 503)).toEqual([]);
    await eventually('what was refused to come again', () => {
      const accepted = batches.filter(({ status }) => status === 200).flatMap(({ list: { items } }) => items);
      const ids = new Set(accepted.map(({ auditID }) => auditID));
      return refused.every(({ list: { items } }) => items.every(({ auditID }) => ids.has(auditID)));
    });
  });

  it('shows what went straight to the API server', async () => {
    await bed.cluster!.admin.kubectl(['get', 'secrets', '-n', 'kube-public']);
    const found = await eventually('an alert', () => alertsAbout('/namespaces/kube-public/secrets')[0]);
    expect(found).toMatchObject({ kind: 'bypassed-gateway', verb: 'list', resource: 'kube-public/secrets', code: 200 });
  });

  it('shows what the gateway allowed and RBAC refused', async () => {
    expect((await list('namespaces/kube-system/secrets')).status).toBe(403);
    const found = await eventually('an alert', () => alertsAbout('/namespaces/kube-system/secrets')[0]);
    expect(found).toMatchObject({ kind: 'denied-by-cluster', user: 'alice@example.com', code: 403 });
  });

  it('shows what the cluster does not send, and nothing about what it does', async () => {
    expect((await list(`namespaces/default/configmaps?${withheld}`)).status).toBe(200);
    expect((await list('namespaces/default/configmaps?limit=55')).status).toBe(200);
    await eventually('an accepted batch with the other request', () =>
      batches.some(
        ({ status, list: { items } }) =>
          status === 200 && items.some(({ requestURI }) => requestURI.endsWith('limit=55')),
      ),
    );
    const found = await eventually('an alert', () => alertsAbout(withheld)[0]);
    expect(found).toMatchObject({ kind: 'missing-in-cluster-log', user: 'alice@example.com', verb: 'list' });
    expect(alertsAbout('limit=55')).toEqual([]);
    expect(alertsAbout('/default/configmaps')).toHaveLength(1);
  });

  it('shows an ID of the gateway that someone uses again', async () => {
    await list('namespaces/default/configmaps?limit=9');
    const auditID = await eventually('the event', () => {
      const sent = gateway!.events({ type: 'k8s.request', stage: 'ResponseComplete' });
      return sent.find(({ data }) => data.requestURI.includes('limit=9'))?.data.auditID;
    });
    const adminToken = await bed.cluster!.admin.kubectl(['create', 'token', 'default', '-n', 'kube-system']);
    await httpRequestOnce(`${bed.cluster!.server}/api/v1/namespaces/kube-system/secrets`, {
      ca: bed.cluster!.caPem,
      headers: { authorization: `Bearer ${adminToken.trim()}`, 'audit-id': auditID },
    });
    const found = await eventually('an alert', () =>
      gateway!.events({ type: 'audit.alert' }).find(({ data }) => data.sallyport.alert!.auditID === auditID),
    );
    expect(found.data.sallyport.alert).toMatchObject({
      kind: 'mismatched',
      user: 'system:serviceaccount:kube-system:default',
    });
  });

  it('is refused without the token of the cluster', async () => {
    const send = (given: string) =>
      gateway!.request(address, {
        method: 'POST',
        token: given,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [] }),
      });
    expect([(await send('wrong')).status, (await send(alice)).status, (await send(token)).status]).toEqual([
      401, 401, 200,
    ]);
  });
});
