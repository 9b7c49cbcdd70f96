import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import { parse } from 'yaml';
import { describeWith, runCli } from '../harness/index.ts';
import { podSpecOf, type Manifest } from './manifests.ts';
import { mountVolumes } from './mount-volumes.ts';
import { chart, renderChart, runHelm, valuesOfManifests, type ChartValues } from './render-chart.ts';

const { redis, kafka, postgres, identity, cluster } = valuesOfManifests;
const servers = { redis, kafka, postgres };
const small: ChartValues = { mode: 'single', gateway: { url: 'https://gate.example.com' }, identity, cluster };
const withCertificate = {
  gateway: { url: 'https://gate.example.com', tls: { secretName: 'gate-tls', caKey: 'ca.crt' } },
};
const sets: Record<string, ChartValues> = {
  'with nothing else': small,
  'with Redis': { ...small, redis },
  'with Kafka': { ...small, kafka },
  'with PostgreSQL': { ...small, postgres },
  'with all servers and a certificate': { ...small, ...servers, ...withCertificate },
  'with the key of a CA and no certificate': {
    ...small,
    gateway: { url: 'https://gate.example.com', tls: { caKey: 'ca.crt' } },
  },
};

const secret = (name: string, stringData: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});

async function madeElsewhere(): Promise<Manifest[]> {
  const authority = await createCertificateAuthority({ name: 'test' });
  const issued = await authority.issue({ commonName: 'gate', dnsNames: ['gate.example.com'], server: true });
  return [
    secret('gate-tls', { 'tls.crt': issued.certPem, 'tls.key': issued.keyPem, 'ca.crt': authority.caPem }),
    secret('sallyport-oidc', { 'client-secret': 'the-client-secret' }),
    secret('sallyport-redis', { url: 'rediss://redis:6379/0' }),
    secret('sallyport-postgres', { url: 'postgres://sallyport@postgres:5432/sallyport' }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt' },
      data: { 'ca.crt': authority.caPem },
    },
  ];
}

type Config = {
  gateway: object;
  services: object;
  sessions: object;
  audit: object;
  [section: string]: unknown;
};
type Rule = { ports: { port: number | string }[]; from?: object[] };
type Policy = { ingress?: Rule[]; egress?: Rule[] };

describeWith(['helm'], 'the chart with mode: single', () => {
  let root: string;
  let secrets: Manifest[];
  const rendered: Record<string, Manifest[]> = {};
  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-'));
    secrets = await madeElsewhere();
    for (const [name, values] of Object.entries(sets)) rendered[name] = await renderChart(values);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const one = (kind: string, objects = rendered['with nothing else']!) => {
    const found = objects.filter((object) => object.kind === kind);
    expect([kind, found.length]).toEqual([kind, 1]);
    return found[0]!;
  };
  const configOf = (objects: readonly Manifest[]) => {
    const { data } = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['serve.yaml'] !== undefined)!;
    return parse(data!['serve.yaml']!) as Config;
  };
  const policyOf = (objects: readonly Manifest[]) =>
    objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'sallyport-proxy')!
      .spec as Policy;
  const faultsOf = async (changes: ChartValues) =>
    (await runHelm(['template', 'sallyport', chart], { ...small, ...changes })).stderr;

  it.each(Object.keys(sets))('passes helm lint %s', async (name) => {
    expect(await runHelm(['lint', '--strict', chart], sets[name])).toMatchObject({ code: 0 });
  });

  it('has one pod, one volume and one account, and no object of the services', () => {
    for (const objects of Object.values(rendered))
      expect(objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`).toSorted()).toEqual([
        'ClusterRole sallyport-gateway',
        'ClusterRoleBinding sallyport-gateway',
        'ConfigMap sallyport-config',
        'ConfigMap sallyport-policy',
        'NetworkPolicy sallyport-default-deny',
        'NetworkPolicy sallyport-dns',
        'NetworkPolicy sallyport-metrics',
        'NetworkPolicy sallyport-proxy',
        'PersistentVolumeClaim sallyport-data',
        'Service sallyport-proxy',
        'ServiceAccount sallyport-gateway',
        'StatefulSet sallyport',
      ]);
  });

  it.each(Object.keys(sets))('has a configuration that the gateway accepts, with its files, %s', async (name) => {
    const objects = rendered[name]!;
    const place = path.join(root, name.replaceAll(' ', '-'));
    const args = mountVolumes(one('StatefulSet', objects), [...objects, ...secrets], place);
    const checked = await runCli([...args, '--check-config'], { home: place });
    expect(checked).toEqual({ code: 0, stdout: expect.stringContaining(': ok'), stderr: '' });
  });

  it('keeps everything in the volume, and names only the servers that the values name', () => {
    const plain = configOf(rendered['with nothing else']!);
    expect(plain).toMatchObject({ data: '/var/lib/sallyport', gateway: { tls: {} } });
    expect(plain.services).toEqual({ proxy: { adminListen: '0.0.0.0:9183' } });
    expect(plain.sessions).toEqual({ lifetime: '12h', idle: '2h' });
    expect(Object.keys(plain.audit)).toEqual(['whenUnavailable']);
    expect(configOf(rendered['with Redis']!).sessions).toHaveProperty('redis');
    expect(configOf(rendered['with Redis']!).audit).toEqual(plain.audit);
    expect(configOf(rendered['with Kafka']!).audit).toMatchObject({
      kafka: { brokers: ['kafka.sallyport-data.svc:9092'] },
      spool: { dir: '/var/lib/sallyport/spool' },
    });
    expect(configOf(rendered['with Kafka']!).audit).not.toHaveProperty('store');
    expect(configOf(rendered['with PostgreSQL']!).audit).toHaveProperty('store.postgres');
    expect(configOf(rendered['with PostgreSQL']!).audit).not.toHaveProperty('kafka');
    expect(configOf(rendered['with the key of a CA and no certificate']!).gateway).toEqual(plain.gateway);
    expect(configOf(rendered['with all servers and a certificate']!).gateway).toMatchObject({
      caFile: '/etc/sallyport/gateway-tls/ca.crt',
      tls: { certFile: '/etc/sallyport/gateway-tls/tls.crt', keyFile: '/etc/sallyport/gateway-tls/tls.key' },
    });
  });

  it('runs under the restricted profile, with the volume as the only place to write to', () => {
    const spec = podSpecOf(one('StatefulSet'));
    expect(spec).toMatchObject({
      serviceAccountName: 'sallyport-gateway',
      automountServiceAccountToken: true,
      // Without the policy, the kubelet would give the group the right to write keys.
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10_001,
        fsGroup: 10_001,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(spec.containers).toHaveLength(1);
    const [container] = spec.containers;
    expect(container!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container!.volumeMounts.filter(({ readOnly }) => readOnly !== true)).toEqual([
      { name: 'data', mountPath: '/var/lib/sallyport' },
    ]);
    expect(spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'sallyport-data' } });
  });

  it('never runs two pods, and asks the gateway for the state of all services', () => {
    const { spec } = one('StatefulSet');
    expect(spec).toMatchObject({
      replicas: 1,
      // An upgrade replaces a pod that never became ready.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
    });
    expect(spec).not.toHaveProperty('volumeClaimTemplates');
    const [container] = spec!.template!.spec.containers;
    expect(container).toMatchObject({
      readinessProbe: { httpGet: { path: '/readyz', port: 'admin' } },
      livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
    });
    expect(container!['ports']).toContainEqual({ name: 'admin', containerPort: 9183 });
    const { lifecycle } = container!;
    // Before the signal, for the streams of the gateway, and for the services behind it.
    expect(spec!.template!.spec.terminationGracePeriodSeconds).toBe(lifecycle!.preStop.sleep.seconds + 60 + 45);
  });

  it('claims a volume for one node that outlives the release', async () => {
    const volume = { size: '50Gi', storageClassName: 'fast' };
    const { metadata, spec } = one('PersistentVolumeClaim', await renderChart({ ...small, single: { volume } }));
    expect(metadata).toHaveProperty('annotations', { 'helm.sh/resource-policy': 'keep' });
    expect(spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '50Gi' } },
    });
    expect(one('PersistentVolumeClaim').spec).not.toHaveProperty('storageClassName');
  });

  it('is reached by the Service of the gateway, and connects only to what it is configured for', () => {
    const { labels } = (one('StatefulSet').spec!.template as unknown as Manifest).metadata;
    const { selector } = one('Service').spec as unknown as { selector: object };
    expect(labels).toMatchObject(selector);
    const ports = (name: string) => {
      const { ingress, egress } = policyOf(rendered[name]!);
      const of = (rules: Rule[] = []) => rules.map((rule) => rule.ports.map(({ port }) => port).join());
      return { ingress: of(ingress), egress: of(egress) };
    };
    const always = ['443,6443', '443'];
    expect(ports('with nothing else')).toEqual({ ingress: ['https'], egress: always });
    expect(ports('with all servers and a certificate')).toEqual({
      ingress: ['https'],
      egress: ['6379', '9092', '5432', ...always],
    });
  });

  it('restarts the pod for what is read only at the start, and not for a policy', async () => {
    const restartOf = async (changes: ChartValues) => {
      const { metadata } = one('StatefulSet', await renderChart({ ...small, ...changes })).spec!
        .template as unknown as { metadata: { annotations: Record<string, string> } };
      return metadata.annotations['sallyport.dev/restart-settings'];
    };
    const now = await restartOf({});
    expect(await restartOf({ cluster: { ...(cluster as object), policy: [] } })).toBe(now);
    expect(await restartOf({ policies: { auditors: [] } })).toBe(now);
    expect(await restartOf({ sessions: { lifetime: '8h' } })).not.toBe(now);
    expect(await restartOf({ audit: { retention: '30d' } })).not.toBe(now);
    expect(await restartOf({ redis })).not.toBe(now);
  });

  it('is tested by "helm test" without a Secret that does not exist', async () => {
    const testPod = async (changes: ChartValues) => {
      const args = ['--namespace', 'sallyport', '--show-only', 'templates/tests/check-installation.yaml'];
      const { stdout } = await runHelm(['template', 'sallyport', chart, ...args], { ...small, ...changes });
      const pod = stdout.split('\n---\n').map((text) => parse(text) as { kind: string; spec: Manifest['spec'] });
      return pod.find(({ kind }) => kind === 'Pod')!.spec as unknown as ReturnType<typeof podSpecOf>;
    };
    const plain = await testPod({});
    expect(plain.containers[0]!.args).toEqual([
      'check-installation',
      '--gateway=https://sallyport-proxy:443',
      '--url=https://gate.example.com',
      '--cluster=home',
    ]);
    expect(plain).not.toHaveProperty('volumes');
    const own = await testPod(withCertificate);
    expect(own.containers[0]!.args).toContain('--certificate=/etc/sallyport/test/tls.crt');
    expect(JSON.stringify(own.volumes)).toContain('gate-tls');
  });

  describe('refuses', () => {
    it.each<[string, ChartValues, string]>([
      ['an evaluation', { evaluation: true, identity: {} }, 'evaluation is set, but mode is single'],
      ['a second pod', { single: { replicas: 2 } }, 'single.replicas is 2, but one process keeps everything'],
      ['no pod', { single: { replicas: 0 } }, 'single.replicas is 0, but one process keeps everything'],
      [
        'values for a pod that it does not have',
        { authorize: { secretFiles: [{ secret: 'chat', key: 'url', file: 'slack-url' }] } },
        'authorize.secretFiles is set, but mode is single and the service has no pod of its own. Set single.secretFiles',
      ],
      ['a key that the process makes itself', { sessionKeys: [{ id: 'b', secretKey: 'b' }] }, 'sessionKeys is set'],
      ['an unknown value', { single: { volume: { siez: '1Gi' } } }, "additional properties 'siez' not allowed"],
      ['another mode', { mode: 'sinlge' }, "value must be one of 'services', 'single'"],
      ['no provider', { identity: {} }, 'identity.providers is empty'],
    ])('%s', async (_what, changes, words) => {
      expect(await faultsOf(changes)).toContain(words);
    });
  });
});
