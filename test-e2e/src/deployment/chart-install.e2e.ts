// The chart on a real API server, with Helm. No pod runs here: the program of the Job runs on this machine instead, with the
// token of the Job's ServiceAccount.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ServiceName } from '@sallyport/contracts';
import { serviceProgram } from '@sallyport/standalone';
import { stringify } from 'yaml';
import { createNamespace, describeWith, runCommand, theBed, type TestNamespace } from '../harness/index.ts';
import { parseManifests, repository, type Manifest } from './manifests.ts';
import { mountVolumes } from './mount-volumes.ts';
import { chart, runHelm, valuesOfManifests, type ChartValues } from './render-chart.ts';

const values: ChartValues = {
  ...valuesOfManifests,
  gateway: { url: 'https://gate.example.com' },
  serviceKeys: { from: 'job' },
  internalTls: { from: 'job' },
  // A namespace of the test, and a cluster with one ClusterRole of this name for every test.
  fullnameOverride: 'gate',
  service: { type: 'ClusterIP' },
};

describeWith(['cluster', 'kubectl', 'helm'], 'the chart on a real API server', () => {
  const admin = () => theBed().cluster!.admin;
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-install-'));
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await createNamespace({ bound: false });
  });
  afterAll(async () => {
    await admin().tryKubectl(['delete', 'clusterrole,clusterrolebinding', 'gate-gateway']);
    await namespace?.remove();
    rmSync(directory, { recursive: true });
  });

  const helm = async (args: readonly string[], given: ChartValues | undefined) => {
    const access = ['--namespace', namespace.name, '--kubeconfig', theBed().cluster!.adminKubeconfig];
    const { code, stdout, stderr } = await runHelm([...args, ...access], given);
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const namesOf = async (kinds: string, ...more: string[]) =>
    (await admin().kubectl(['get', kinds, '-n', namespace.name, '-o', 'name', ...more])).trim().split('\n').toSorted();
  const objectsOf = async (kinds: string) =>
    (JSON.parse(await admin().kubectl(['get', kinds, '-n', namespace.name, '-o', 'json'])) as { items: Manifest[] })
      .items;
  const account = () => path.join(directory, 'account');

  /** Runs the program of the Job as the Job would, with its rights. */
  async function runJob() {
    const hooks = parseManifests(
      await helm(['template', 'gate', chart, '--show-only', 'templates/create-secrets.yaml'], values),
    );
    const job = hooks.find(({ kind }) => kind === 'Job')!;
    await admin().apply(...hooks.filter(({ kind }) => kind !== 'Job'));
    mkdirSync(account(), { recursive: true });
    const token = await admin().kubectl(['create', 'token', 'gate-create-secrets', '-n', namespace.name]);
    writeFileSync(path.join(account(), 'token'), token, { mode: 0o600 });
    writeFileSync(path.join(account(), 'namespace'), namespace.name);
    writeFileSync(path.join(account(), 'ca.crt'), theBed().cluster!.caPem);
    const { args } = job.spec!.template!.spec.containers[0]!;
    const program = path.join(repository, 'packages/standalone/dist/installation/create-secrets-main.js');
    const here = ['--server', theBed().cluster!.server, '--account', account()];
    return runCommand(process.execPath, [program, ...args.slice(1), ...here]);
  }
  const asJob = (...args: string[]) =>
    admin().tryKubectl([
      ...args,
      '-n',
      namespace.name,
      `--as=system:serviceaccount:${namespace.name}:gate-create-secrets`,
    ]);

  it.each<[string, ChartValues]>([
    ['with everything from the Job', values],
    ['for an evaluation', { evaluation: true, fullnameOverride: 'gate' }],
    ['as one pod', { ...values, mode: 'single' }],
    ['like the manifests', { ...valuesOfManifests, fullnameOverride: 'gate' }],
  ])('is accepted, %s', async (_what, given) => {
    expect(await helm(['install', 'gate', chart, '--dry-run=server'], given)).toContain('STATUS: pending-install');
  });

  it('creates the Secrets once, with the rights of the Job, and they fit the installation', async () => {
    const first = await runJob();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout.match(/^created the (Secret|ConfigMap) /gm)).toHaveLength(14);
    const before = await objectsOf('secrets,configmaps');
    expect(await runJob()).toMatchObject({ code: 0, stdout: 'everything exists already\n' });
    expect(await objectsOf('secrets,configmaps')).toEqual(before);
  });

  it('lets the Job neither change a Secret, nor read another, nor list them', async () => {
    await admin().kubectl(['create', 'secret', 'generic', 'other', '-n', namespace.name, '--from-literal=a=b']);
    expect((await asJob('get', 'secret', 'gate-proxy-key')).code).toBe(0);
    for (const args of [
      ['get', 'secret', 'other'],
      ['get', 'secrets'],
      ['delete', 'secret', 'gate-proxy-key'],
      ['patch', 'secret', 'gate-proxy-key', '-p', '{"stringData":{"private.pem":"x"}}'],
      ['get', 'configmap', 'gate-policy'],
      ['patch', 'configmap', 'kube-root-ca.crt', '-p', '{"data":{"ca.crt":"x"}}'],
    ])
      expect([args, await asJob(...args)]).toEqual([
        args,
        { code: 1, stdout: '', stderr: expect.stringContaining('Forbidden') },
      ]);
    await admin().kubectl(['delete', 'secret', 'other', '-n', namespace.name]);
  });

  it('is installed and upgraded, and the services find what was created', async () => {
    await helm(['install', 'gate', chart, '--no-hooks'], values);
    const decode = (data: Record<string, string>) =>
      Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
    const stored = (await objectsOf('secrets,configmaps')).map((one) =>
      one.kind === 'Secret' ? { ...one, data: decode(one.data!) } : one,
    );
    const given = {
      'sallyport-oidc': { 'client-secret': 's' },
      'sallyport-redis': { url: 'redis://redis:6379' },
    };
    const external = Object.entries(given).map(([name, stringData]) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      stringData,
    }));
    for (const service of ['proxy', 'authenticate']) {
      const deployment = (await objectsOf('deployments')).find(({ metadata }) => metadata.name === `gate-${service}`)!;
      const place = path.join(directory, service);
      const [name, ...args] = mountVolumes(deployment, [...stored, ...external], place);
      const main = serviceProgram(name as ServiceName);
      const checked = await runCommand(process.execPath, [main, ...args, '--check-config'], {
        env: { SALLYPORT_CONFIG: undefined },
      });
      expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
    }
  });

  it('applies a policy that was edited in the cluster to running pods, and never overwrites it', async () => {
    const policy = stringify([{ allow: { or: [{ groups: 'edited-in-the-cluster' }] } }]);
    const patch = JSON.stringify({ data: { 'policy.yaml': policy } });
    const generations = async () =>
      (await objectsOf('deployments')).map(({ metadata }) => [
        metadata.name,
        (metadata as { generation?: number }).generation,
      ]);
    const current = async () => {
      const maps = await objectsOf('configmaps');
      return maps.find(({ metadata }) => metadata.name === 'gate-policy')!.data!['policy.yaml'];
    };
    const before = await generations();
    await admin().kubectl(['patch', 'configmap', 'gate-policy', '-n', namespace.name, '-p', patch]);
    expect(await generations()).toEqual(before);
    // The values have another policy, so it is not clear which one is meant.
    const given = { ...values, proxy: { replicas: 3 } };
    await expect(helm(['upgrade', 'gate', chart, '--no-hooks'], given)).rejects.toThrow(/conflict.*gate-policy/);
    expect(await current()).toBe(policy);
    const { policy: _policy, ...cluster } = valuesOfManifests['cluster'] as ChartValues;
    await helm(['upgrade', 'gate', chart, '--no-hooks'], { ...given, cluster });
    expect(await current()).toBe(policy);
    const proxy = (await objectsOf('deployments')).find(({ metadata }) => metadata.name === 'gate-proxy')!;
    expect(proxy.spec!['replicas']).toBe(3);
  });

  it('is uninstalled, and leaves only keys and certificates, which one command removes', async () => {
    await admin().kubectl([
      'delete',
      'serviceaccount,role,rolebinding,networkpolicy',
      'gate-create-secrets',
      '-n',
      namespace.name,
    ]);
    await helm(['uninstall', 'gate', '--no-hooks'], undefined);
    const ours =
      'secrets,configmaps,deployments,services,serviceaccounts,networkpolicies,poddisruptionbudgets,roles,rolebindings,jobs';
    const left = (await namesOf(ours)).filter((name) => !/\/(kube-root-ca\.crt|default)$/.test(name));
    const secrets = [
      'authenticate-key',
      'authorize-key',
      'proxy-key',
      'audit-key',
      'checkpoint-key',
      'session-key',
      'identity-key',
      'ca',
    ];
    const tls = ['authenticate-tls', 'authorize-tls', 'audit-tls', 'gateway-tls'];
    expect(left).toEqual(
      [
        ...['public-keys', 'gateway-ca'].map((name) => `configmap/gate-${name}`),
        ...[...secrets, ...tls].map((name) => `secret/gate-${name}`),
      ].toSorted(),
    );
    const label = 'app.kubernetes.io/instance=gate,app.kubernetes.io/component=secrets';
    await admin().kubectl(['delete', 'secrets,configmaps', '-n', namespace.name, '-l', label]);
    expect((await namesOf(ours)).filter((name) => !/\/(kube-root-ca\.crt|default)$/.test(name))).toEqual([]);
  });
});
