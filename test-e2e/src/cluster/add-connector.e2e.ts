import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith, eventually, runCli, runDirectory, theBed } from '../harness/index.ts';

const tag = randomBytes(4).toString('hex');
const name = `behind-${tag}`;
const [account, connector] = [`lab-${tag}-gateway`, `lab-${tag}-connector`];
const place = ['--namespace', name, '--account', account];
const gatewayKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const ofGateway = ['--connector', '--gateway', 'https://gate.example.com', '--gateway-public-key', gatewayKey];

describeWith(['cluster', 'kubectl'], 'a cluster that the command line puts behind a connector', () => {
  let directory: string;
  const admin = () => theBed().cluster!.admin;
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await admin().tryKubectl(args);
    return { code, stdout, stderr };
  };
  const cli = (...args: string[]) => runCli(args, { home: path.join(directory, 'home') });
  const asAdmin = () => ['--kubeconfig', theBed().cluster!.adminKubeconfig, ...place];
  const add = (...args: string[]) => cli('cluster', 'add', name, ...asAdmin(), ...ofGateway, ...args);
  const remove = () => cli('cluster', 'remove', name, ...asAdmin(), '--yes');
  const as = (user: string) => ['--as', `system:serviceaccount:${name}:${user}`, '-n', name];

  beforeAll(() => {
    directory = mkdtempSync(path.join(runDirectory(), 'add-connector-'));
  });
  afterAll(async () => {
    await remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it('gets everything once, although the API server fills in defaults', async () => {
    const first = await add('--groups', 'developers', '--out', directory);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout.match(/ created /g)).toHaveLength(12);
    const second = await add('-o', 'json');
    const { changes, connectors } = JSON.parse(second.stdout) as {
      changes: { change: string }[];
      connectors: unknown;
    };
    expect([second.code, changes.map(({ change }) => change)]).toEqual([0, Array(12).fill('unchanged')]);
    const entries = parse(readFileSync(path.join(directory, `${name}.yaml`), 'utf8')) as Record<string, unknown>;
    expect(entries['connectors']).toEqual(connectors);
    expect(entries['clusters']).toMatchObject([{ connector: name, credential: 'connector' }]);
  });

  it('lets the connector create tokens of the gateway, and nothing else', async () => {
    const may = async (...args: string[]) => (await kubectl('auth', 'can-i', ...args, ...as(connector))).stdout.trim();
    expect(await may('create', `serviceaccounts/${account}`, '--subresource=token')).toBe('yes');
    expect(await may('create', 'serviceaccounts/default', '--subresource=token')).toBe('no');
    expect(await may('create', `serviceaccounts/${connector}`, '--subresource=token')).toBe('no');
    expect(await may('get', `secrets/${connector}`)).toBe('no');
    expect(await may('impersonate', 'users')).toBe('no');
    expect(await may('list', 'pods')).toBe('no');
  });

  it('ends such a token when the Secret of the connector is deleted', async () => {
    const bound = ['--bound-object-kind', 'Secret', '--bound-object-name', connector];
    const { code, stdout: token } = await kubectl('create', 'token', account, ...bound, ...as(connector));
    expect(code).toBe(0);
    const review = () => {
      const file = path.join(directory, 'review.json');
      const object = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: token.trim() } };
      writeFileSync(file, JSON.stringify(object), { mode: 0o600 });
      return kubectl('create', '-f', file, '-o', 'jsonpath={.status.authenticated}');
    };
    expect((await review()).stdout).toBe('true');
    await kubectl('delete', 'secret', connector, '-n', name);
    // The API server remembers for ten seconds that a token was valid.
    await eventually(
      'the token ends',
      async () => (await review()).stdout !== 'true',
      60_000,
      () => '',
      1000,
    );
    expect((await add()).stdout).toContain('created    Secret');
  });

  it('admits the pods of the connector into the restricted namespace', async () => {
    const template = await kubectl('get', 'deployment', connector, '-n', name, '-o', 'json');
    const { spec } = JSON.parse(template.stdout) as { spec: { template: { spec: object } } };
    const file = path.join(directory, 'pod.json');
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe', namespace: name }, ...spec.template };
    writeFileSync(file, JSON.stringify({ ...pod, metadata: { name: 'probe', namespace: name } }));
    expect(await kubectl('create', '--dry-run=server', '-f', file)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is as before when it is removed', async () => {
    const { code, stdout, stderr } = await remove();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/ deleted /g)).toHaveLength(12);
    for (const kind of ['namespace', 'clusterrole', 'clusterrolebinding'])
      expect((await kubectl('get', kind, kind === 'namespace' ? name : account)).code).not.toBe(0);
  });
});
