import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ServiceName } from '@sallyport/contracts';
import { serviceProgram } from '@sallyport/standalone';
import { describeWith, runCommand } from '../harness/index.ts';
import { internalCertificates } from './internal-certificates.ts';
import { podSpecOf, renderManifests, renderSecrets, repository, type Manifest } from './manifests.ts';
import { mountVolumes } from './mount-volumes.ts';

const services = ['proxy', 'authenticate', 'authorize', 'audit'];

describeWith(['kubectl'], 'the manifests in k8s', () => {
  let root: string;
  let base: Manifest[];
  let secrets: Manifest[];
  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'sallyport-manifests-'));
    base = await renderManifests('k8s');
    const certificates = await internalCertificates();
    // The example has no certificate for the gateway. Any will do here.
    const withCertificate = (made: Manifest[]) =>
      made.map((one) =>
        one.metadata.name === 'sallyport-gateway-tls' ? { ...one, stringData: certificates[0]!.stringData } : one,
      );
    const ofCluster: Manifest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt' },
      data: { 'ca.crt': certificates[0]!.stringData!['ca.crt']! },
    };
    secrets = [...withCertificate(await renderSecrets()), ...certificates, ofCluster];
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const deploymentOf = (service: string, manifests = base) =>
    manifests.find((one) => one.kind === 'Deployment' && one.metadata.name === service)!;

  it.each(
    services.flatMap((service) => [
      ['k8s', service],
      ['k8s/overlays/tls', service],
    ]),
  )('%s: %s accepts its configuration and finds the files of its volumes', async (directory, service) => {
    const manifests = directory === 'k8s' ? base : await renderManifests(directory!);
    const place = path.join(root, directory!.replaceAll('/', '-'), service!);
    const [name, ...args] = mountVolumes(deploymentOf(service!, manifests), [...manifests, ...secrets], place);
    const checked = await runCommand(
      process.execPath,
      [serviceProgram(name as ServiceName), ...args, '--check-config'],
      {
        env: { SALLYPORT_CONFIG: undefined, POD_IP: '10.0.0.7' },
      },
    );
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
  });

  it('give the gateway the role that the command renders for its configuration, and bind it only to the gateway', async () => {
    const place = path.join(root, 'role');
    mountVolumes(deploymentOf('proxy'), [...base, ...secrets], place);
    const config = path.join(place, 'etc/sallyport/config/sallyport.yaml');
    const program = path.join(repository, 'packages/cli/bin/sallyport.js');
    const { code, stdout } = await runCommand(
      process.execPath,
      [program, 'kubeconfig', '--rbac', '--cluster', 'home', '--config', config],
      { env: { POD_IP: '10.0.0.7' } },
    );
    expect(code).toBe(0);
    expect(readFileSync(path.join(repository, 'k8s/base/gateway-cluster-role.yaml'), 'utf8')).toBe(stdout);
    const bindings = base.filter((one) => one.kind.endsWith('RoleBinding'));
    expect(bindings).toMatchObject([
      { kind: 'ClusterRoleBinding', roleRef: { kind: 'ClusterRole', name: 'sallyport-gateway' } },
    ]);
    expect(bindings[0]!.subjects).toEqual([
      { kind: 'ServiceAccount', name: 'sallyport-gateway', namespace: 'sallyport' },
    ]);
    expect(base.filter((one) => one.kind.endsWith('Role')).map((one) => one.metadata.name)).toEqual([
      'sallyport-gateway',
    ]);
  });

  it('run every container under the restricted profile, with a read-only root', () => {
    expect(base.find((one) => one.kind === 'Namespace')?.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    for (const service of services) {
      const spec = podSpecOf(deploymentOf(service));
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const name of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers', 'ephemeralContainers'])
        expect(spec).not.toHaveProperty(name);
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        const writable = container.volumeMounts.filter((mount) => mount.readOnly !== true);
        const volumes = { audit: [], proxy: ['spool', 'recordings'] }[service as string] ?? ['spool'];
        expect(writable.map(({ name }) => name)).toEqual(volumes);
      }
    }
  });

  it('give a token for the Kubernetes API only to the gateway', () => {
    expect(
      services.filter((service) => podSpecOf(deploymentOf(service)).automountServiceAccountToken !== false),
    ).toEqual(['proxy']);
    expect(podSpecOf(deploymentOf('proxy')).serviceAccountName).toBe('sallyport-gateway');
    for (const account of base.filter((one) => one.kind === 'ServiceAccount'))
      expect(account.automountServiceAccountToken).toBe(false);
  });

  it.each(['k8s', 'k8s/overlays/tls'])(
    '%s: change policies and configuration in place, in ConfigMaps that keep their names',
    async (directory) => {
      const manifests = directory === 'k8s' ? base : await renderManifests(directory);
      const ofNames = (name: string) =>
        manifests.filter((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
      expect(ofNames('sallyport-config').map((one) => Object.keys(one.data!))).toEqual([['sallyport.yaml']]);
      expect(ofNames('sallyport-policy').map((one) => Object.keys(one.data!))).toEqual([['policy.yaml']]);
      for (const service of services)
        expect(
          podSpecOf(deploymentOf(service, manifests))
            .volumes.find(({ name }) => name === 'config')!
            .projected!.sources.map((source) => source.configMap!.name),
        ).toEqual(['sallyport-config', 'sallyport-policy']);
    },
  );

  it('contain no Secret, and mount only its own in each service', () => {
    expect(base.filter((one) => one.kind === 'Secret')).toEqual([]);
    const seenBy = (service: string) =>
      podSpecOf(deploymentOf(service))
        .volumes.flatMap((volume) =>
          (volume.projected?.sources ?? [volume]).flatMap(
            (source) => source.secret?.name ?? source.secret?.secretName ?? [],
          ),
        )
        .toSorted();
    expect(Object.fromEntries(services.map((service) => [service, seenBy(service)]))).toEqual({
      proxy: ['sallyport-gateway-tls', 'sallyport-proxy-key'],
      authenticate: ['sallyport-authenticate-key', 'sallyport-oidc', 'sallyport-redis', 'sallyport-session-key'],
      authorize: ['sallyport-authorize-key', 'sallyport-redis'],
      audit: ['sallyport-audit-key', 'sallyport-checkpoint-key', 'sallyport-postgres'],
    });
  });

  it('deny all traffic except what a policy allows, and let only the gateway reach the other services', () => {
    const policies = base.filter((one) => one.kind === 'NetworkPolicy');
    expect(policies.find((one) => one.metadata.name === 'default-deny')?.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const fromProxy = [
      {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'sallyport', 'app.kubernetes.io/component': 'proxy' } },
      },
    ];
    for (const [service, port] of [
      ['authenticate', 4180],
      ['authorize', 4181],
      ['audit', 4182],
    ] as const) {
      expect(policies.find((one) => one.metadata.name === service)?.spec?.['ingress']).toEqual([
        { from: fromProxy, ports: [{ port }] },
      ]);
    }
  });
});
