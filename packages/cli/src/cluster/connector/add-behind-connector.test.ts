import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { loadKubeconfigReader, startClusterRig, type ClusterRig } from '../../testing/cluster-rig.ts';
import { authority } from '../../testing/certificates.ts';
import { writeServiceSettings } from '../../testing/write-service-settings.ts';

const namespace = '/api/v1/namespaces/sallyport';
const secret = `${namespace}/secrets/sallyport-connector`;
const deployment = '/apis/apps/v1/namespaces/sallyport/deployments/sallyport-connector';
const gatewayKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

let { rig, cluster } = {} as ClusterRig;
beforeAll(loadKubeconfigReader);
beforeEach(async () => {
  ({ rig, cluster } = await startClusterRig());
});
afterEach(async () => {
  await cluster.close();
  rig.remove();
});
const ofGateway = ['--connector', '--gateway', 'https://gate.example.com', '--gateway-public-key', gatewayKey];
const print = (...args: string[]) => rig.run('cluster', 'add', 'factory', ...ofGateway, ...args);
const add = (...args: string[]) => print('--kubeconfig', 'admin', ...args);
const remove = (...args: string[]) =>
  rig.run('cluster', 'remove', 'factory', '--kubeconfig', 'admin', '--yes', ...args);
const file = (name: string) => path.join(rig.directory, name);
const writes = () => cluster.calls.filter((call) => !call.startsWith('GET '));
const publicKeyOf = (pem: string) => createPublicKey(pem).export({ format: 'der', type: 'spki' }).toString('base64');
const keyInCluster = () =>
  Buffer.from((cluster.objects.get(secret)!['data'] as { 'private.pem': string })['private.pem'], 'base64').toString();

type Manifest = { kind: string; metadata: { name: string; labels: object }; [field: string]: unknown };

describe('sallyport cluster add --connector', () => {
  it('prints what to apply, and what the gateway needs beside it', async () => {
    const { code, out, err } = await print('--groups', 'sre', '--image', 'registry.example.com/sallyport:1');
    expect(code).toBe(0);
    const objects = parseAllDocuments(out).map((one) => one.toJS() as Manifest);
    const of = (kind: string) => objects.find((one) => one.kind === kind)!;
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole sallyport-gateway',
      'Namespace sallyport',
      'ServiceAccount sallyport-gateway',
      'ClusterRoleBinding sallyport-gateway',
      'ServiceAccount sallyport-connector',
      'Role sallyport-connector',
      'RoleBinding sallyport-connector',
      'Secret sallyport-connector',
      'ConfigMap sallyport-connector',
      'NetworkPolicy sallyport-connector',
      'PodDisruptionBudget sallyport-connector',
      'Deployment sallyport-connector',
    ]);
    expect(of('Namespace').metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(of('Role')['rules']).toEqual([
      {
        apiGroups: [''],
        resources: ['serviceaccounts/token'],
        resourceNames: ['sallyport-gateway'],
        verbs: ['create'],
      },
    ]);
    expect(of('NetworkPolicy')['spec']).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(of('NetworkPolicy')['spec']).not.toHaveProperty('ingress');
    expect(parse((of('ConfigMap')['data'] as Record<string, string>)['connector.yaml']!)).toMatchObject({
      gateway: 'https://gate.example.com',
      gatewayPublicKeys: [gatewayKey],
      reach: ['kubernetes.default.svc:443'],
      token: { serviceAccount: 'sallyport-gateway', secret: 'sallyport-connector' },
    });
    const pem = Buffer.from((of('Secret')['data'] as Record<string, string>)['private.pem']!, 'base64').toString();
    expect(parse(err)).toEqual({
      connectors: [{ name: 'factory', publicKeys: [publicKeyOf(pem)] }],
      clusters: [
        {
          name: 'factory',
          connector: 'factory',
          server: 'https://kubernetes.default.svc',
          caFile: 'factory-ca.crt',
          credential: 'connector',
          impersonate: { groups: ['sre'] },
          policy: [],
        },
      ],
    });
    expect(err).toContain('kubectl get configmap kube-root-ca.crt');
    expect(err).not.toContain('PRIVATE KEY');
    expect(cluster.calls).toEqual([]);
  });

  it('writes the objects into a file that only their owner can read', async () => {
    const { code, out } = await print('--out', 'made');
    expect([code, out]).toEqual([0, expect.stringContaining('which has a secret')]);
    expect(statSync(file('made/factory-connector.yaml')).mode & 0o777).toBe(0o600);
    expect(await print('--out', 'made')).toMatchObject({ code: 7, err: expect.stringContaining('is not overwritten') });
  });

  it('applies them with the kubeconfig of an administrator, and the entries pass config check', async () => {
    writeFileSync(file('gate.crt'), authority);
    const { code, out, err } = await add('--out', 'made', '--gateway-ca', 'gate.crt');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^# Warning: .* allows every group.*\n$/) });
    expect(out).toContain('created    Deployment sallyport/sallyport-connector');
    expect(cluster.objects.size).toBe(12);
    expect(writes().every((call) => call.startsWith('POST '))).toBe(true);
    expect(out + readFileSync(file('made/factory.yaml'), 'utf8')).not.toContain('PRIVATE KEY');
    expect(readFileSync(file('made/factory.yaml'), 'utf8')).toContain(publicKeyOf(keyInCluster()));
    const { data } = cluster.objects.get(`${namespace}/configmaps/sallyport-connector`) as never as {
      data: Record<string, string>;
    };
    expect(data['gateway-ca.crt']).toBe(authority);

    const sections = Object.values(writeServiceSettings(rig.directory)).join('');
    writeFileSync(
      file('sallyport.yaml'),
      `gateway: {url: 'http://localhost:8443'}\nidentity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}\n${sections}${readFileSync(file('made/factory.yaml'), 'utf8')}`,
    );
    expect(await rig.run('config', 'check')).toMatchObject({ code: 0, out: expect.stringContaining('ok') });
  });

  it('takes the authority that pods know, where the kubeconfig names another', async () => {
    cluster.objects.set('/api/v1/namespaces/default/configmaps/kube-root-ca.crt', {
      metadata: { name: 'kube-root-ca.crt' },
      data: { 'ca.crt': 'the CA of pods' },
    });
    const { ca } = JSON.parse((await add('-o', 'json')).out) as { ca: string };
    expect(ca).toBe('the CA of pods');
  });

  it('changes nothing the second time, and keeps the key that the gateway knows', async () => {
    const first = await add();
    const key = keyInCluster();
    // The API server fills in what is not set.
    Object.assign(cluster.objects.get(deployment)!['spec'] as object, { revisionHistoryLimit: 10 });
    cluster.calls.length = 0;
    const second = await add();
    expect(second.out).toContain(publicKeyOf(key));
    expect(second.out).not.toContain('created');
    expect(second.out).not.toContain('updated');
    expect(first.out).toContain(publicKeyOf(key));
    expect(writes()).toEqual([]);
  });

  it('corrects a Deployment and a Role that were changed', async () => {
    await add();
    const spec = cluster.objects.get(deployment)!['spec'] as { replicas: number };
    spec.replicas = 0;
    const role = cluster.objects.get(
      '/apis/rbac.authorization.k8s.io/v1/namespaces/sallyport/roles/sallyport-connector',
    )!;
    (role['rules'] as object[]).push({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] });
    const { out } = await add();
    expect(out.match(/updated +\w+/g)).toEqual(['updated    Role', 'updated    Deployment']);
    expect(role['rules']).toHaveLength(1);
  });

  it.each([
    [['--gateway', 'http://gate.example.com'], /is not the https address of a gateway/],
    [['--gateway-public-key', 'c2VjcmV0'], /is not an Ed25519 public key/],
    [['--server', 'https://10.0.0.1'], /--server and --connector exclude each other/],
    [['--token', 'secret'], /--token secret and --connector exclude each other/],
  ])('refuses %j', async (args, words) => {
    expect(await print(...args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(words) });
  });
});

describe('sallyport cluster add', () => {
  it('refuses an option that is only for --connector', async () => {
    const run = await rig.run('cluster', 'add', 'factory', '--kubeconfig', 'admin', '--gateway-public-key', gatewayKey);
    expect(run).toMatchObject({
      code: 2,
      err: expect.stringContaining('--gateway-public-key is only for --connector'),
    });
  });
});

describe('sallyport cluster remove', () => {
  it('deletes the connector too, with the namespace and what ends with the Deployment', async () => {
    await add();
    const { uid } = cluster.objects.get(deployment)!.metadata;
    cluster.objects.set(`${namespace}/configmaps/of-pod`, {
      metadata: { name: 'of-pod', uid: 'p', ownerReferences: [{ uid: 'r' }] },
    });
    cluster.objects.set(`${namespace}/configmaps/of-replica-set`, {
      metadata: { name: 'of-replica-set', uid: 'r', ownerReferences: [{ uid }] },
    });
    // The garbage collector of a cluster deletes these.
    cluster.override = ({ method, path: at }) => {
      if (method === 'DELETE' && at === deployment)
        for (const name of ['of-pod', 'of-replica-set']) cluster.objects.delete(`${namespace}/configmaps/${name}`);
      return undefined;
    };
    const { code, out, err } = await remove();
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('deleted  Deployment sallyport/sallyport-connector');
    expect(out).toContain('deleted  Namespace sallyport');
    expect(out).toContain('from clusters in sallyport.yaml, and from connectors');
    expect([...cluster.objects.keys()]).toEqual([]);
  });
});
