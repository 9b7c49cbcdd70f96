import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { describeWith, theBed } from '../harness/index.ts';
import { renderManifests, renderSecrets, repository, type Manifest } from './manifests.ts';

describeWith(['cluster', 'kubectl'], 'a real API server', () => {
  const admin = () => theBed().cluster!.admin;
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-dry-run-'));
  beforeAll(async () => {
    // A dry run in a namespace requires that it exists. It stays, because the accounts of other tests' gateways are there.
    await admin().tryKubectl(['create', 'namespace', 'sallyport']);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(['k8s', 'k8s/overlays/tls'])('accepts everything in %s without a warning', async (overlay) => {
    const manifests = await renderManifests(overlay);
    const { code, stdout, stderr } = await admin().tryKubectl([
      'apply',
      '--dry-run=server',
      '-k',
      path.join(repository, overlay),
    ]);
    // kubectl warns that the namespace was not created by apply. Any other warning is about our manifests.
    expect(
      stderr
        .split('\n')
        .filter(
          (line) =>
            line !== '' && !/missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation/.test(line),
        ),
    ).toEqual([]);
    expect(code).toBe(0);
    expect(stdout.match(/\(server dry run\)$/gm)).toHaveLength(manifests.length);
  });

  it('accepts the Secrets of the script and the example', async () => {
    const file = path.join(directory, 'secrets.yaml');
    const secrets: Manifest[] = await renderSecrets();
    writeFileSync(file, secrets.map((one) => stringify(one)).join('---\n'));
    // It warns that the certificate in the example is invalid.
    const { code, stdout } = await admin().tryKubectl(['apply', '--dry-run=server', '-f', file]);
    expect(code).toBe(0);
    expect(stdout.match(/\(server dry run\)$/gm)).toHaveLength(secrets.length);
  });

  it('admits pods of every Deployment into a namespace of the restricted profile', async () => {
    const pods = (await renderManifests('k8s'))
      .filter((one) => one.kind === 'Deployment')
      .map((one) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: one.metadata.name, namespace: 'sallyport-restricted' },
        spec: { ...one.spec!.template!.spec, serviceAccountName: 'default' },
      }));
    await admin().apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'sallyport-restricted', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    try {
      const file = path.join(directory, 'pods.yaml');
      await admin().apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: 'sallyport-restricted' },
      });
      writeFileSync(file, pods.map((one) => stringify(one)).join('---\n'));
      expect(await admin().tryKubectl(['create', '--dry-run=server', '-f', file])).toMatchObject({
        code: 0,
        stderr: '',
      });
      // The same pod with one more privilege is refused, so the profile is enforced.
      const refused = structuredClone(pods[0]!);
      refused.spec.containers[0]!.securityContext = {
        ...refused.spec.containers[0]!.securityContext,
        allowPrivilegeEscalation: true,
      };
      writeFileSync(file, stringify(refused));
      expect((await admin().tryKubectl(['create', '--dry-run=server', '-f', file])).stderr).toContain(
        'violates PodSecurity "restricted:latest"',
      );
    } finally {
      await admin().kubectl(['delete', 'namespace', 'sallyport-restricted', '--wait=false']);
    }
  });
});
