import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
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

const policy = [{ allow: { or: [{ groups: 'developers' }] } }];

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
  }, 90_000);
  afterAll(async () => {
    await gateway?.stop();
    await first?.remove();
    await bed?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

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
  }, 120_000);

  it('is checked, and removed without a trace', async () => {
    expect(await cli('check', 'second', '--config', gateway!.configFile, '--strict')).toMatchObject({ code: 0 });
    expect(await cli('remove', 'second', ...asAdmin(), '--yes')).toMatchObject({ code: 0 });
    const left = await cluster().admin.kubectl(['get', 'clusterroles,clusterrolebindings', '-o', 'name']);
    expect(left).not.toContain('sallyport');
  }, 60_000);
});
