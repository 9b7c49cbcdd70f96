import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import type { ServiceName } from '@sallyport/contracts';
import { serviceProgram } from '@sallyport/standalone';
import { stringify } from 'yaml';
import { describeWith, runCommand } from '../harness/index.ts';
import { parseManifests, podSpecOf, repository, type Manifest } from './manifests.ts';
import { mountVolumes } from './mount-volumes.ts';
import { chart, gitlab, renderChart, runHelm, valuesOfManifests, type ChartValues } from './render-chart.ts';

const services = ['proxy', 'authenticate', 'authorize', 'audit'];
const secret = (name: string, stringData: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});

const connectors = [
  {
    name: 'factory',
    publicKeys: [generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64')],
  },
];
const withMuch: ChartValues = {
  ...valuesOfManifests,
  gateway: {
    url: 'https://gate.example.com:8443',
    trustedProxies: ['10.0.0.0/8'],
    tls: { settings: { minVersion: 'TLSv1.3' } },
  },
  serviceKeys: { from: 'job' },
  internalTls: { from: 'job' },
  redis: {
    secret: { name: 'sallyport-redis' },
    caSecret: { name: 'data-ca' },
    settings: { mode: 'cluster', nodes: ['redis-2:6379'] },
  },
  kafka: {
    brokers: ['kafka.example.com:9093'],
    tls: true,
    caSecret: { name: 'data-ca' },
    sasl: { mechanism: 'scram-sha-512', username: 'sallyport' },
    passwordSecret: { name: 'kafka-login' },
  },
  cluster: { impersonate: { groups: ['sre'], allowSystem: ['system:masters'] }, settings: { explain: true } },
  clusters: [
    {
      name: 'other',
      server: 'https://10.0.0.1:6443',
      token: '${file:/etc/sallyport/secrets/other-token}',
      impersonate: { groups: ['sre'] },
      policy: [{ allow: { or: [{ groups: 'sre' }] } }],
    },
  ],
  proxy: { secretFiles: [{ secret: 'other-cluster', key: 'token', file: 'other-token' }], replicas: 3 },
  routes: [
    {
      from: 'https://app.example.com:8443',
      to: 'http://app:8080',
      identity: { jwt: true },
      policy: [{ allow: { or: [{ groups: 'sre' }] } }],
    },
  ],
  connectors,
  notifications: [{ name: 'chat', slack: { url: '${file:/etc/sallyport/secrets/slack-url}' } }],
  authorize: { secretFiles: [{ secret: 'chat', key: 'url', file: 'slack-url' }] },
  workloads: [{ ...gitlab, caFile: '/etc/sallyport/secrets/gitlab-ca.crt' }],
  authenticate: { secretFiles: [{ configMap: 'gitlab-ca', key: 'ca.crt', file: 'gitlab-ca.crt' }] },
  audit: { retention: '30d', checkpoints: { every: '5m' } },
  pods: { priorityClassName: 'important', tolerations: [{ key: 'dedicated', operator: 'Exists' }] },
  ingress: { enabled: false },
  tlsRoute: { enabled: false },
  podMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  grafanaDashboards: { enabled: true, annotations: { grafana_folder: 'Sallyport' } },
};
const withTls: ChartValues = {
  ...valuesOfManifests,
  gateway: { url: 'https://gate.example.com', tls: { secretName: 'sallyport-gateway-tls', caKey: 'ca.crt' } },
  downloads: { url: 'https://files.example.com/sallyport' },
  internalTls: { from: 'secrets' },
};
const sets: Record<string, ChartValues> = {
  'like the manifests': valuesOfManifests,
  'with TLS between the services': withTls,
  'with much': withMuch,
  'for an evaluation': { evaluation: true },
  'for an evaluation without PostgreSQL': { evaluation: true, evaluationImages: { postgres: '' } },
};

async function madeElsewhere(): Promise<Manifest[]> {
  const authority = await createCertificateAuthority({ name: 'test' });
  const issued = await authority.issue({ commonName: 'gate', dnsNames: ['gate.example.com'], server: true });
  const tls = { 'tls.crt': issued.certPem, 'tls.key': issued.keyPem, 'ca.crt': authority.caPem };
  const { code, stdout } = await runCommand('sh', [path.join(repository, 'k8s/make-keys.sh')]);
  expect(code).toBe(0);
  return [
    ...parseManifests(stdout),
    secret('sallyport-session-key', { key: Buffer.alloc(32, 7).toString('base64') }),
    ...['gateway', 'authenticate', 'authorize', 'audit'].map((name) => secret(`sallyport-${name}-tls`, tls)),
    secret('sallyport-oidc', { 'client-secret': 'the-client-secret' }),
    secret('sallyport-redis', { url: 'rediss://redis:6379/0' }),
    secret('sallyport-postgres', { url: 'postgres://sallyport@postgres:5432/sallyport' }),
    secret('data-ca', { 'ca.crt': authority.caPem }),
    secret('kafka-login', { password: 'the-password' }),
    secret('other-cluster', { token: 'the-token' }),
    secret('chat', { url: 'https://hooks.slack.com/services/T0/B0/x' }),
    secret('sallyport-evaluation', {
      'oidc-client-secret': 's',
      'redis-url': 'redis://:p@sallyport-redis:6379/0',
      'postgres-url': 'postgres://sallyport:p@sallyport-postgres:5432/sallyport',
    }),
    ...['kube-root-ca.crt', 'gitlab-ca'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { 'ca.crt': authority.caPem },
    })),
  ];
}

const deploymentOf = (objects: readonly Manifest[], service: string) =>
  objects.find((one) => one.kind === 'Deployment' && one.metadata.name === `sallyport-${service}`)!;
const faultsOf = async (values: ChartValues) => (await runHelm(['template', 'sallyport', chart], values)).stderr;
const changed = (changes: ChartValues): ChartValues => ({ ...valuesOfManifests, ...changes });

describeWith(['helm'], 'the chart', () => {
  let root: string;
  let secrets: Manifest[];
  const rendered: Record<string, Manifest[]> = {};
  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-'));
    secrets = await madeElsewhere();
    for (const [name, values] of Object.entries(sets)) rendered[name] = await renderChart(values);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const check = (name: string, service: string) => {
    const place = path.join(root, name.replaceAll(' ', '-'), service);
    const objects = rendered[name]!;
    const [program, ...args] = mountVolumes(deploymentOf(objects, service), [...objects, ...secrets], place);
    const main = serviceProgram(program as ServiceName);
    const env = { SALLYPORT_CONFIG: undefined, POD_IP: '10.0.0.7' };
    return runCommand(process.execPath, [main, ...args, '--check-config'], { env });
  };

  it.each(Object.keys(sets))('passes helm lint %s', async (name) => {
    expect(await runHelm(['lint', '--strict', chart], sets[name])).toMatchObject({ code: 0 });
  });

  it.each(['with much', 'for an evaluation'].flatMap((name) => services.map((service) => [name, service] as const)))(
    '%s: %s accepts its configuration and finds its files',
    async (name, service) => {
      expect(await check(name, service)).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
    },
  );

  it('for an evaluation without PostgreSQL: audit accepts its configuration', async () => {
    const { code, stdout } = await check('for an evaluation without PostgreSQL', 'audit');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('ok') });
  });

  it('mounts in each service only its own secrets', () => {
    const seenBy = (service: string) =>
      [
        ...new Set(
          podSpecOf(deploymentOf(rendered['with much']!, service))
            .volumes.flatMap((volume) => volume.projected?.sources ?? [volume])
            .flatMap(({ secret: one }) => one?.name ?? one?.secretName ?? []),
        ),
      ].toSorted();
    const others = ['data-ca', 'kafka-login'];
    const ca = (...names: string[]) => names.map((name) => `sallyport-${name}-tls`);
    expect(Object.fromEntries(services.map((service) => [service, seenBy(service)]))).toEqual({
      proxy: [
        ...others,
        'other-cluster',
        ...ca('audit', 'authenticate', 'authorize', 'gateway'),
        'sallyport-identity-key',
        'sallyport-proxy-key',
      ].toSorted(),
      authenticate: [
        ...others,
        ...ca('authenticate'),
        'sallyport-authenticate-key',
        'sallyport-oidc',
        'sallyport-redis',
        'sallyport-session-key',
      ].toSorted(),
      authorize: [...others, 'chat', ...ca('authorize'), 'sallyport-authorize-key', 'sallyport-redis'].toSorted(),
      audit: [
        ...others,
        ...ca('audit'),
        'sallyport-audit-key',
        'sallyport-checkpoint-key',
        'sallyport-postgres',
      ].toSorted(),
    });
  });

  it('runs every container of ours under the restricted profile, with a read-only root, and mounts no file alone', () => {
    for (const objects of Object.values(rendered))
      for (const one of objects) {
        if (!one.spec?.template) continue;
        const spec = podSpecOf(one);
        expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        for (const container of spec.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          for (const mount of container.volumeMounts ?? []) expect(mount).not.toHaveProperty('subPath');
        }
      }
  });

  it('gives a token for the Kubernetes API only to the gateway, and to the Job that creates Secrets', () => {
    for (const objects of Object.values(rendered)) {
      const withToken = objects.filter(
        (one) => one.spec?.template && podSpecOf(one).automountServiceAccountToken !== false,
      );
      expect(['sallyport-create-secrets', 'sallyport-proxy']).toEqual(
        expect.arrayContaining(withToken.map(({ metadata }) => metadata.name)),
      );
    }
  });

  it('gives the gateway the role that the command renders for its configuration', async () => {
    const settings = {
      names: { groups: ['developers', 'sre'], allowSystem: [] },
      none: { groups: [], allowSystem: [] },
      pattern: { groups: ['team-*', 'sre'], allowSystem: [] },
      system: { groups: ['sre'], allowSystem: ['system:masters', 'system:serviceaccount:ci:deployer'] },
      accounts: { groups: [], allowSystem: ['system:serviceaccount:ci:*', 'system:serviceaccount:x:y'] },
    };
    const ofChart = [];
    for (const [name, impersonate] of Object.entries(settings)) {
      const roles = (await renderChart(changed({ cluster: { name, impersonate } }))).filter(({ kind }) =>
        kind.endsWith('Role'),
      );
      expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['ClusterRole sallyport-gateway']);
      ofChart.push([name, roles[0]!.rules]);
    }
    const config = path.join(root, 'clusters.yaml');
    const clusters = Object.entries(settings).map(([name, impersonate]) => ({
      name,
      server: 'https://a',
      tokenFile: 't',
      impersonate,
    }));
    writeFileSync(
      config,
      stringify({ gateway: { url: 'https://gate.example.com', tls: { certFile: 'a', keyFile: 'b' } }, clusters }),
    );
    const command = path.join(repository, 'packages/cli/bin/sallyport.js');
    const { code, stdout } = await runCommand(process.execPath, [command, 'kubeconfig', '--rbac', '--config', config]);
    expect(code).toBe(0);
    const ofCommand = parseManifests(stdout).map(({ rules }) => rules);
    expect(ofChart).toEqual(Object.keys(settings).map((name, at) => [name, ofCommand[at]]));
  });

  describe('restarts', () => {
    const restartOf = (objects: readonly Manifest[]) =>
      Object.fromEntries(
        services.map((service) => {
          const { metadata } = deploymentOf(objects, service).spec!.template as unknown as Manifest;
          const annotations = (metadata as unknown as { annotations: Record<string, string> }).annotations;
          return [service, annotations['sallyport.dev/restart-settings']];
        }),
      );
    const restarted = async (values: ChartValues) => {
      const [before, after] = [restartOf(rendered['like the manifests']!), restartOf(await renderChart(values))];
      return services.filter((service) => before[service] !== after[service]);
    };

    it('nothing for a change of the policy', async () => {
      expect(
        await restarted(changed({ cluster: { ...(valuesOfManifests['cluster'] as object), policy: [] } })),
      ).toEqual([]);
    });

    it('only the services that read a changed setting at their start', async () => {
      expect(await restarted(changed({ sessions: { lifetime: '8h' } }))).toEqual(['authenticate', 'authorize']);
      expect(await restarted(changed({ policies: { auditors: [] } }))).toEqual([]);
      expect(await restarted(changed({ audit: { retention: '30d' } }))).toEqual(['audit']);
      expect(await restarted(changed({ streams: { drain: '30s' } }))).toEqual(['proxy']);
      expect(await restarted(changed({ workloads: [gitlab] }))).toEqual(['proxy', 'authenticate']);
      expect(await restarted(changed({ kafka: { brokers: ['other:9092'] } }))).toEqual(services);
    });
  });

  describe('refuses', () => {
    it('to install without what it needs, and says what to set', async () => {
      const said = await faultsOf({});
      for (const words of [
        'gateway.url is missing. Set the address that people type: --set gateway.url=https://gate.example.com',
        'identity.providers is empty, so no one could log in',
        'kafka.brokers is empty',
        'redis has no address',
        'postgres has no address',
      ])
        expect(said).toContain(words);
    });

    it.each<[string, ChartValues, string]>([
      ['an unknown value', { proxi: {} }, "additional properties 'proxi' not allowed"],
      [
        'an unknown setting of sallyport.yaml',
        { streams: { drian: '1s' } },
        "additional properties 'drian' not allowed",
      ],
      ['a gateway without TLS', { gateway: { url: 'http://gate.example.com' } }, 'does not match pattern'],
      ['no replica', { proxy: { replicas: 0 } }, 'minimum: got 0, want 1'],
      [
        'a path as the name of a file',
        { proxy: { secretFiles: [{ secret: 'a', key: 'b', file: '../c' }] } },
        'does not match pattern',
      ],
      [
        'a client secret in the values',
        {
          identity: {
            providers: [{ id: 'corp', issuer: 'https://idp.example.com', clientId: 'c', clientSecret: 'hunter2' }],
          },
        },
        'identity.providers[0].clientSecret is a secret, and everyone who may read ConfigMaps could read it here',
      ],
      ['a password in an address', { redis: { url: 'redis://:hunter2@redis:6379/0' } }, 'redis.url has a password'],
      [
        'a token in the values',
        { clusters: [{ name: 'b', server: 'https://b', token: 'hunter2' }] },
        'clusters[0].token is a secret',
      ],
      [
        'two sources of an address',
        { postgres: { url: 'postgres://a/b', secret: { name: 'c' } } },
        'postgres.url and postgres.secret.name are both set',
      ],
      [
        'a login without a password',
        { kafka: { brokers: ['a:1'], sasl: { mechanism: 'plain', username: 'u' } } },
        'kafka.passwordSecret.name is missing',
      ],
      [
        'a name that constrained impersonation refuses',
        { rbac: { constrained: true }, cluster: { impersonate: { allowSystem: ['system:masters'] } } },
        'Kubernetes then refuses system:masters of cluster.impersonate.allowSystem',
      ],
      ['nothing to guard', { cluster: { enabled: false } }, 'there is nothing to guard'],
      [
        'two clusters with one name',
        { clusters: [{ name: 'home', server: 'https://b', tokenFile: 'x' }] },
        'has a cluster with the name home',
      ],
      [
        'two sources of the policy',
        { cluster: { policy: [{ allow: { or: [{ accept: true }] } }], existingPolicyConfigMap: 'p' } },
        'are both set',
      ],
      ['a route without a Gateway', { tlsRoute: { enabled: true } }, 'tlsRoute.parentRefs is empty'],
      [
        'an Ingress on another port',
        { gateway: { url: 'https://a:8443' }, ingress: { enabled: true } },
        'gateway.url has a port',
      ],
      ['an evaluation with servers of your own', { evaluation: true }, 'evaluation brings its own'],
    ])('refuses to render %s', async (_what, changes, words) => {
      const { code, stderr } = await runHelm(['template', 'sallyport', chart], changed(changes));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) });
      expect(stderr).not.toContain('hunter2');
    });
  });

  it('passes TLS through an Ingress and a TLSRoute, for every host', async () => {
    const objects = await renderChart(
      changed({
        cluster: { settings: { host: 'home.example.com' } },
        ingress: { enabled: true, className: 'nginx' },
        tlsRoute: { enabled: true, parentRefs: [{ name: 'public' }] },
      }),
    );
    const specOf = (kind: string) => objects.find((one) => one.kind === kind)!.spec!;
    const hosts = ['gate.example.com', 'home.example.com'];
    expect((specOf('Ingress')['rules'] as { host: string }[]).map(({ host }) => host)).toEqual(hosts);
    expect(specOf('Ingress')).not.toHaveProperty('tls');
    expect(specOf('TLSRoute')['hostnames']).toEqual(hosts);
  });

  it('says loudly what an evaluation is', async () => {
    const marked = rendered['for an evaluation']!.filter(({ metadata }) =>
      /-(redis|kafka|postgres|evaluation|identity-provider)$/.test(metadata.name),
    );
    expect(marked.length).toBeGreaterThan(8);
    for (const { kind, metadata } of marked.filter((one) => one.kind !== 'NetworkPolicy'))
      expect([kind, metadata]).toEqual([
        kind,
        expect.objectContaining({
          labels: expect.objectContaining({ 'sallyport.dev/evaluation': 'true' }),
          annotations: { 'sallyport.dev/warning': expect.stringContaining('For evaluation only') },
        }),
      ]);
    const { stdout } = await runHelm(['install', 'sallyport', chart, '--dry-run=client'], { evaluation: true });
    expect(stdout).toContain('THIS IS AN EVALUATION');
    // The identity provider is in no other installation.
    expect(JSON.stringify(rendered['with much'])).not.toContain('identity-provider');
  });
});
