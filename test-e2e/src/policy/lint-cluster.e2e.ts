import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  realClusterAccess,
  runDirectory,
  startGateway,
  type Gateway,
  type Person,
} from '../harness/index.ts';

describeWith(['node', 'kubectl'], 'policy lint and the resources of a real API server', () => {
  let gateway: Gateway;
  let alice: Person;
  beforeAll(async () => {
    gateway = await startGateway({ mode: 'embedded', clusters: [await realClusterAccess()] });
    alice = await gateway.person('alice@example.com');
  });
  afterAll(() => gateway?.stop());

  const file = () => path.join(runDirectory(), 'lint-cluster.yaml');
  const lint = async (resources: readonly string[], ...more: string[]) => {
    const rule = { allow: { and: [{ groups: 'sre' }, { 'k8s/resource': resources }] } };
    writeFileSync(file(), JSON.stringify(rule));
    const { code, stdout, stderr } = await alice.cli(['policy', 'lint', file(), '-o', 'json', ...more]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { files } = JSON.parse(stdout) as { files: { warnings: { code: string; suggestion?: string }[] }[] };
    return files[0]!.warnings.map((one) => `${one.code} ${one.suggestion ?? ''}`);
  };

  it('knows everything that the cluster serves, with and without asking it', async () => {
    const served = (await alice.kubectl(['api-resources', '-o', 'name'])).trim().split('\n');
    expect(served).toEqual(expect.arrayContaining(['pods', 'deployments.apps', 'ingresses.networking.k8s.io']));
    expect(await lint(served)).toEqual([]);
    expect(await lint([...served, 'pods/exec', 'deployments.apps/scale'], '--cluster', 'dev')).toEqual([]);
  });

  it('says what the cluster does not serve', async () => {
    expect(await lint(['deploy', 'gears.example.com', 'pods/logs'])).toEqual([
      'resource-name deployments.apps',
      'unknown-subresource pods/log',
    ]);
    expect(await lint(['deploy', 'gears.example.com', 'pods/logs'], '--cluster', 'dev')).toEqual([
      'resource-name deployments.apps',
      'unknown-resource ',
      'unknown-subresource pods/log',
    ]);
  });
});
