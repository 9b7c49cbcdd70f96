import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kubeconfig } from '@sallyport/bed';
import { parse } from 'yaml';
import {
  createNamespace,
  describeWith,
  eventually,
  runCli,
  runDirectory,
  startGateway,
  theBed,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';

const tag = randomBytes(4).toString('hex');
const name = `added-${tag}`;
const account = `gateway-${tag}`;
const place = ['--namespace', name, '--account', account];

type Report = { extra: { right: string; namespaces?: string[] }[]; faults: string[]; credential: { user: string } };

describeWith(['cluster', 'redis', 'kafka', 'postgres', 'kubectl'], 'a cluster that the command line adds', () => {
  let directory: string;
  let gateway: Gateway | undefined;
  let namespace: TestNamespace;
  const admin = () => theBed().cluster!.admin;
  const cli = (...args: string[]) => runCli(args, { home: path.join(directory, 'home') });
  const asAdmin = () => ['--kubeconfig', theBed().cluster!.adminKubeconfig, ...place];
  const add = (...args: string[]) =>
    cli('cluster', 'add', name, ...asAdmin(), '--groups', 'developers,sre', '--out', directory, ...args);
  const remove = (...args: string[]) => cli('cluster', 'remove', name, ...asAdmin(), '--yes', ...args);
  const check = (...args: string[]) => cli('cluster', 'check', name, '--config', gateway!.configFile, ...args);
  const tokenFile = () => path.join(directory, `${name}-token`);

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'add-cluster-'));
    namespace = await createNamespace();
  });
  afterAll(async () => {
    await gateway?.stop();
    await remove();
    await admin().tryKubectl(['delete', 'clusterrolebinding', `too-much-${tag}`, '--ignore-not-found']);
    await namespace?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it('gets an account with a token, once', async () => {
    const first = await add();
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('is an address of this machine only')]);
    expect(first.stdout.match(/ created /g)).toHaveLength(4);
    const token = readFileSync(tokenFile(), 'utf8');
    const second = await add('-o', 'json');
    const { changes, tokenExpiresAt } = JSON.parse(second.stdout) as {
      changes: { change: string }[];
      tokenExpiresAt: string;
    };
    expect([second.code, changes.map(({ change }) => change)]).toEqual([0, Array(4).fill('unchanged')]);
    expect(Date.parse(tokenExpiresAt) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    expect(readFileSync(tokenFile(), 'utf8')).not.toBe(token);
    expect(first.stdout + second.stdout).not.toContain(token.trim());
  });

  it('is reached through a gateway with the entry that was written', async () => {
    const { clusters } = parse(readFileSync(path.join(directory, `${name}.yaml`), 'utf8')) as {
      clusters: Record<string, unknown>[];
    };
    gateway = await startGateway({
      mode: 'processes',
      clusters: clusters.map((entry) => ({ ...entry, policy: [{ allow: { or: [{ groups: 'developers' }] } }] })),
    });
    expect(await cli('config', 'check', gateway.configFile)).toMatchObject({ code: 0 });
    const alice = await gateway.person('alice@example.com');
    await alice.kubectl(['create', 'configmap', 'mine', '-n', namespace.name, '--from-literal', 'a=b']);
    expect(await alice.kubectl(['get', 'configmaps', '-n', namespace.name])).toContain('mine');
  });

  it('is checked: the gateway may do what it must, and nothing more', async () => {
    const { code, stdout, stderr } = await check('--strict');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('it may do nothing else');
    expect(stdout).toContain(`the credential is accepted: system:serviceaccount:${name}:${account}`);
    expect(stdout).toMatch(/Kubernetes v1\.\d+\.\d+.*constrained impersonation: /);
  });

  it('is checked: someone gave the account too much, or took something away', async () => {
    const subject = `--serviceaccount=${name}:${account}`;
    await admin().kubectl(['create', 'clusterrolebinding', `too-much-${tag}`, '--clusterrole=cluster-admin', subject]);
    await admin().kubectl(['create', 'rolebinding', 'look', '--clusterrole=view', subject, '-n', name]);
    const report = await eventually('the rights to show', async () => {
      const found = JSON.parse((await check('-o', 'json')).stdout) as Report;
      return found.extra.length > 2 ? found : undefined;
    });
    expect(report.extra).toContainEqual({ right: '* *.*' });
    expect(report.extra).toContainEqual({
      right: expect.stringMatching(/^get, list, watch pods$/),
      namespaces: [name],
    });
    expect(await check('--strict')).toMatchObject({ code: 1, stderr: expect.stringContaining('warnings') });
    await admin().kubectl(['delete', 'clusterrolebinding', `too-much-${tag}`, account]);
    await admin().kubectl(['delete', 'rolebinding', 'look', '-n', name]);
    const after = await eventually('the rights to be gone', async () => {
      const found = JSON.parse((await check('-o', 'json')).stdout) as Report;
      return found.extra.length === 0 ? found : undefined;
    });
    expect(after.faults).toContain('it may not impersonate groups "sre"');
    expect((await add()).stdout).toContain(`created    ClusterRoleBinding ${account}`);
    await eventually('the check to succeed', async () => (await check('--strict')).code === 0);
  });

  it('is not added by a user without the rights, who is told which', async () => {
    const { server, caPem } = theBed().cluster!;
    const file = path.join(directory, 'weak.kubeconfig');
    const token = readFileSync(tokenFile(), 'utf8').trim();
    writeFileSync(file, kubeconfig({ server, caPem, user: { token } }), { mode: 0o600 });
    const { code, stderr } = await cli('cluster', 'add', 'more', '--kubeconfig', file, '--account', `more-${tag}`);
    expect([code, stderr]).toEqual([
      5,
      expect.stringContaining(`does not allow you to get the ClusterRole more-${tag}`),
    ]);
    expect(stderr).not.toContain(token);
  });

  it('leaves nothing behind when it is removed, also of a token in a Secret', async () => {
    expect((await add('--token', 'secret')).stdout).toContain('The token does not expire.');
    const { code, stdout } = await remove('-o', 'json');
    expect([code, (JSON.parse(stdout) as { removed: string[] }).removed]).toEqual([
      0,
      [
        `ClusterRoleBinding ${account}`,
        `ClusterRole ${account}`,
        `Secret ${name}/${account}-token`,
        `ServiceAccount ${name}/${account}`,
        `Namespace ${name}`,
      ],
    ]);
    for (const one of [`clusterrolebinding/${account}`, `clusterrole/${account}`, `namespace/${name}`])
      expect(await admin().tryKubectl(['get', one])).toMatchObject({ code: 1 });
    // An API server remembers for some seconds that it accepted the token. The rights are gone at once.
    expect(await check()).toMatchObject({
      code: 1,
      stdout: expect.not.stringContaining('ok       it may impersonate'),
    });
  });
});
