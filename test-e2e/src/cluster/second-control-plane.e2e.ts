import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, type Bed, type Cluster } from '@sallyport/bed';
import { parse } from 'yaml';
import {
  clusterEvents,
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  runCli,
  runDirectory,
  startGateway,
  theBed,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';
import { kubectlWithToken, whoAmI } from '../machines/kubectl-with-token.ts';
import { serviceAccountToken } from '../machines/service-account-token.ts';

const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
/** The ServiceAccounts of one namespace of a cluster. */
const accountsOf = (cluster: string, namespace: string) => ({
  name: cluster,
  serviceAccounts: { cluster },
  audience: 'sallyport',
  match: { 'kubernetes.io/namespace': namespace },
  user: `${cluster}:{{kubernetes.io/namespace}}:{{kubernetes.io/serviceaccount/name}}`,
  groups: ['developers'],
});

describeWith(['cluster', 'redis', 'kafka', 'postgres', 'kubectl'], 'a second control plane', () => {
  let bed: Bed;
  let directory: string;
  let gateway: Gateway | undefined;
  let first: TestNamespace;
  let second: TestNamespace;
  const cluster = () => bed.cluster!;
  const cli = (...args: string[]) => runCli(['cluster', ...args], { home: path.join(directory, 'home') });
  const asAdmin = () => ['--kubeconfig', cluster().adminKubeconfig];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'second-'));
    bed = await startBed({ need: ['cluster'] });
    [first, second] = [await createNamespace(), await createNamespace({ cluster: cluster() })];
  });
  afterAll(async () => {
    await gateway?.stop();
    await first?.remove();
    await bed?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is added to a gateway that has one, and kubectl works on both', async () => {
    expect(await cli('add', 'second', ...asAdmin(), '--groups', 'developers', '--out', directory)).toMatchObject({
      code: 0,
    });
    const written = parse(readFileSync(path.join(directory, 'second.yaml'), 'utf8')) as { clusters: [object] };
    gateway = await startGateway({
      mode: 'processes',
      clusters: [
        { ...(await realClusterAccess()), name: 'first', policy },
        { ...written.clusters[0], policy },
      ],
      more: { workloads: [accountsOf('first', first.name), accountsOf('second', second.name)] },
    });
    const alice = await gateway.person('alice@example.com');
    const on = (name: string, ...args: string[]) => alice.kubectl(['--server', gateway!.clusterUrl(name), ...args]);
    await on('first', 'create', 'configmap', 'one', '-n', first.name, '--from-literal', 'a=b');
    await on('second', 'create', 'configmap', 'two', '-n', second.name, '--from-literal', 'a=b');
    expect(await theBed().cluster!.admin.kubectl(['get', 'configmaps', '-n', first.name, '-o', 'name'])).toContain(
      'configmap/one\n',
    );
    expect(await cluster().admin.kubectl(['get', 'configmaps', '-n', second.name, '-o', 'name'])).toContain(
      'configmap/two\n',
    );
    const event = await eventually('the request in the log of the second cluster', () =>
      clusterEvents(cluster().auditLogFile).find(
        (one) => one.impersonatedUser?.username === 'alice@example.com' && one.requestURI.includes(second.name),
      ),
    );
    expect(event.user.username).toMatch(/^system:serviceaccount:sallyport:/);
  });

  it('has ServiceAccounts that use the first one, and are not confused with its own, whose issuer is the same', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace' };
    // Each cluster gets a namespace that is named like the one of the other.
    const admins = [theBed().cluster!.admin, cluster().admin] as const;
    await admins[0].apply({ ...namespace, metadata: { name: second.name } });
    await admins[1].apply({ ...namespace, metadata: { name: first.name } });
    const tokenOf = (one: Cluster, of: TestNamespace, audience = 'sallyport') =>
      eventually('the ServiceAccount of a new namespace', () =>
        serviceAccountToken(one, of.name, audience).catch(() => undefined),
      );
    const kubectl = (token: string) =>
      kubectlWithToken(directory, { gateway: gateway!, cluster: 'first', namespace: first.name }, token, whoAmI);
    const tokens = [await tokenOf(theBed().cluster!, first), await tokenOf(cluster(), second)] as const;
    const issuers = tokens.map((token) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).iss);
    expect(issuers[0]).toBe(issuers[1]);
    expect(await kubectl(tokens[1])).toMatchObject({ code: 0, stdout: `second:${second.name}:default` });
    expect(await kubectl(tokens[0])).toMatchObject({ code: 0, stdout: `first:${first.name}:default` });
    for (const token of [
      await tokenOf(theBed().cluster!, second),
      await tokenOf(cluster(), first),
      await tokenOf(cluster(), second, 'https://kubernetes.default.svc'),
    ])
      expect(await kubectl(token)).toMatchObject({ code: 1 });
    const started = await gateway!.audit.await({ type: 'workload.session.started' }, 2);
    expect(started.map(({ data }) => data.sallyport.workload!.name).toSorted()).toEqual(['first', 'second']);
    await admins[0].kubectl(['delete', 'namespace', second.name, '--wait=false']);
  });

  it('is checked, and removed without a trace', async () => {
    expect(await cli('check', 'second', '--config', gateway!.configFile, '--strict')).toMatchObject({ code: 0 });
    expect(await cli('remove', 'second', ...asAdmin(), '--yes')).toMatchObject({ code: 0 });
    const left = await cluster().admin.kubectl(['get', 'clusterroles,clusterrolebindings', '-o', 'name']);
    expect(left).not.toContain('sallyport');
  });
});
