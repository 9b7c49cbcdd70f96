import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { authority } from '../testing/certificates.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
type Kubeconfig = {
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: { exec: Record<string, unknown> } }[];
  'current-context': string;
};
const written = (file = rig.kubeconfig) => parse(readFileSync(file, 'utf8')) as Kubeconfig;

describe('sallyport kubeconfig', () => {
  it('prints entries for all visible clusters', async () => {
    const { code, out } = await rig.run('kubeconfig');
    expect(code).toBe(0);
    const config = parse(out) as Kubeconfig;
    expect(config.clusters).toEqual(
      ['dev', 'prod'].map((name) => ({
        name: `sallyport-${name}`,
        cluster: { server: `${gateway.origin}/clusters/${name}` },
      })),
    );
    expect(config.users[0]!.user.exec).toMatchObject({
      command: expect.stringMatching(/^\/.*\/bin\/sallyport-exec-credential$/),
      args: ['exec-credential', `${gateway.origin}/clusters/dev`],
      interactiveMode: 'IfAvailable',
    });
    expect(existsSync(rig.kubeconfig)).toBe(false);
  });

  it.each(['sallyport-exec-credential', 'kubectl-sallyport'])(
    'starts this program by the name that a package manager gives to it, and not by the path of a version: %s',
    async (name) => {
      const programDirectory = path.join(rig.directory, 'store', 'sallyport', 'v1.2.3');
      const front = path.join(programDirectory, 'bin', 'sallyport-exec-credential');
      const onPath = path.join(rig.directory, 'on-path');
      for (const directory of [path.dirname(front), onPath]) mkdirSync(directory, { recursive: true });
      writeFileSync(front, '', { mode: 0o755 });
      symlinkSync(front, path.join(onPath, name));
      Object.assign(rig.environment, { platform: 'linux', programDirectory });
      const command = async () => {
        const { out } = await rig.run('kubeconfig', '--cluster', 'dev');
        return (parse(out) as Kubeconfig).users[0]!.user.exec.command;
      };
      expect(await command()).toBe(front);
      rig.environment.env.PATH = onPath;
      expect(await command()).toBe(name);
    },
  );

  it('merges into the first file of KUBECONFIG with mode 0600, and leaves no other file', async () => {
    rig.environment.env.KUBECONFIG = `${rig.kubeconfig}:${path.join(rig.directory, 'second')}`;
    const { code, out } = await rig.run('kubeconfig', '--merge', '--cluster', 'prod');
    expect({ code, out }).toEqual({ code: 0, out: `Wrote sallyport-prod to ${rig.kubeconfig}.\n` });
    expect(statSync(rig.kubeconfig).mode & 0o777).toBe(0o600);
    expect(readdirSync(rig.directory).toSorted()).toEqual(['home', 'kubeconfig']);
    expect(written()['current-context']).toBe('sallyport-prod');
  });

  it('merges into ~/.kube/config without KUBECONFIG', async () => {
    rig.environment.env.KUBECONFIG = '';
    expect((await rig.run('kubeconfig', '--merge', '-o', 'json')).out).toContain(
      path.join(rig.directory, '.kube', 'config'),
    );
    expect(written(path.join(rig.directory, '.kube', 'config')).clusters).toHaveLength(2);
  });

  it('follows a symbolic link and does not replace it', async () => {
    const real = path.join(rig.directory, 'real');
    writeFileSync(real, 'current-context: mine\n', { mode: 0o644 });
    symlinkSync(real, rig.kubeconfig);
    const { out } = await rig.run('kubeconfig', '--merge');
    expect(out).toContain('kubectl config use-context sallyport-dev');
    expect(lstatSync(rig.kubeconfig).isSymbolicLink()).toBe(true);
    expect([written(real)['current-context'], statSync(real).mode & 0o777]).toEqual(['mine', 0o600]);
  });

  it('refuses while another program holds the lock, and does not remove the lock', async () => {
    writeFileSync(`${rig.kubeconfig}.lock`, '');
    expect(await rig.run('kubeconfig', '--merge')).toMatchObject({
      code: 7,
      err: expect.stringContaining('is locked'),
    });
    expect([existsSync(rig.kubeconfig), existsSync(`${rig.kubeconfig}.lock`)]).toEqual([false, true]);
  });

  it('changes nothing in a file that it cannot read', async () => {
    writeFileSync(rig.kubeconfig, 'clusters: {oh: no}\n');
    expect(await rig.run('kubeconfig', '--merge')).toMatchObject({
      code: 7,
      err: expect.stringContaining('Nothing was changed'),
    });
    expect(readFileSync(rig.kubeconfig, 'utf8')).toBe('clusters: {oh: no}\n');
    expect(readdirSync(rig.directory).toSorted()).toEqual(['home', 'kubeconfig']);
  });

  it('does not ask the gateway with --offline, and remembers the given CA', async () => {
    const ca = path.join(rig.directory, 'ca.pem');
    writeFileSync(ca, `junk\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${authority}`);
    const { code } = await rig.run(
      'kubeconfig',
      '--merge',
      '--offline',
      '--gateway',
      'https://gate.example.com:8443',
      '--ca-file',
      ca,
      '--cluster',
      'a,b',
      '--cli',
      ca,
    );
    expect(code).toBe(0);
    const { clusters, users } = written();
    expect(clusters.map(({ name }) => name)).toEqual(['sallyport-a', 'sallyport-b']);
    expect(Buffer.from(clusters[0]!.cluster['certificate-authority-data']!, 'base64').toString()).toBe(authority);
    expect(users[0]!.user.exec.command).toBe(ca);
    expect(readFileSync(path.join(rig.home, 'gateways', 'https+gate.example.com:8443', 'ca.crt'), 'utf8')).toBe(
      authority,
    );
  });

  it('keeps equal cluster names of two gateways apart with a prefix, which it remembers', async () => {
    const other = await startFakeGateway();
    await rig.run('login', other.origin);
    const merge = (origin: string, ...args: string[]) =>
      rig.run('kubeconfig', '--merge', '--cluster', 'dev', '--gateway', origin, ...args);
    await merge(gateway.origin);
    expect(await merge(other.origin)).toMatchObject({
      code: 7,
      err: expect.stringMatching(/has an entry "sallyport-dev" already, for the gateway http:.*\n.*--prefix other-/),
    });
    expect(await merge(other.origin, '--prefix', '../x')).toMatchObject({ code: 2 });
    expect(await merge(other.origin, '--prefix', 'work-')).toMatchObject({ code: 0 });
    expect((await merge(other.origin)).out).toContain('Wrote work-dev');
    expect((await merge(gateway.origin)).out).toContain('Wrote sallyport-dev');
    expect(written().clusters.map(({ name, cluster }) => [name, cluster.server])).toEqual([
      ['sallyport-dev', `${gateway.origin}/clusters/dev`],
      ['work-dev', `${other.origin}/clusters/dev`],
    ]);
    await other.close();
  });

  it.each([
    [['--cluster', 'nope'], 5, 'no access to a cluster "nope"'],
    [['--cluster', 'Bad_Name'], 2, 'not the name of a cluster'],
    [['--offline'], 2, '--offline needs the names'],
    [['--cli', 'missing'], 7, 'does not exist'],
    [['--ca-file', 'missing'], 7, 'does not exist'],
    [['--rbac', '--config', 'missing'], 7, 'missing does not exist'],
  ])('refuses %j', async (args, code, words) => {
    expect(await rig.run('kubeconfig', ...args)).toMatchObject({ code, out: '', err: expect.stringContaining(words) });
  });

  it('rejects an invalid cluster name from the gateway', async () => {
    gateway.override = ({ path: asked }) =>
      asked.endsWith('/clusters')
        ? { status: 200, body: { clusters: [{ name: '../x\n', url: 'https://x' }] } }
        : undefined;
    expect(await rig.run('kubeconfig')).toMatchObject({ code: 4, out: '' });
  });
});

const config = (impersonate: string) => `gateway: {url: 'http://localhost:8443'}
identity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}
clusters:
  - {name: dev, server: 'https://10.0.0.1:6443', tokenFile: t, impersonate: ${impersonate}}
`;

describe('sallyport kubeconfig --rbac', () => {
  const roleFor = async (impersonate: string) => {
    const file = path.join(rig.directory, 'sallyport.yaml');
    writeFileSync(file, config(impersonate));
    return rig.run('kubeconfig', '--rbac', '--config', file);
  };

  it('prints a role that may impersonate the listed groups and nothing else', async () => {
    const { code, out, err } = await roleFor("{groups: [developers, sre], allowSystem: ['system:masters']}");
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const role = parse(out) as { kind: string; rules: Record<string, string[]>[] };
    expect(role.kind).toBe('ClusterRole');
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['users'], verbs: ['impersonate'] },
      {
        apiGroups: [''],
        resources: ['groups'],
        verbs: ['impersonate'],
        resourceNames: ['developers', 'sre', 'system:masters'],
      },
      {
        apiGroups: ['authentication.k8s.io'],
        resources: [
          'uids',
          ...['session', 'elevation', 'agent', 'application', 'actor'].map(
            (name) => `userextras/sallyport.dev/${name}`,
          ),
        ],
        verbs: ['impersonate'],
      },
    ]);
  });

  it.each([
    ["['system:serviceaccount:shop:*', 'system:serviceaccount:x:web']", undefined],
    ["['system:serviceaccount:shop:web', 'system:masters']", ['web']],
    ["['system:masters']", false],
  ])('may impersonate ServiceAccounts only if they are listed: %s', async (allowSystem, names) => {
    const { out } = await roleFor(`{groups: [developers], allowSystem: ${allowSystem}}`);
    const { rules } = parse(out) as { rules: Record<string, string[]>[] };
    const rule = rules.find(({ resources }) => resources!.includes('serviceaccounts'));
    expect(rule).toEqual(
      names === false
        ? undefined
        : {
            apiGroups: [''],
            resources: ['serviceaccounts'],
            verbs: ['impersonate'],
            ...(names ? { resourceNames: names } : {}),
          },
    );
    expect(out).not.toContain('*');
  });

  it('is the same in the manifests', async () => {
    const { out } = await roleFor('{groups: [developers]}');
    const manifest = readFileSync(new URL('../../../../k8s/base/gateway-cluster-role.yaml', import.meta.url), 'utf8');
    const authentication = (text: string) =>
      (parse(text) as { rules: { apiGroups: string[] }[] }).rules.filter(
        (rule) => rule.apiGroups[0] === 'authentication.k8s.io',
      );
    expect(authentication(manifest)).toEqual(authentication(out));
  });

  it('warns if a pattern makes the role wider than the settings', async () => {
    const { out, err } = await roleFor("{groups: ['dev-*', sre]}");
    expect((parse(out) as { rules: Record<string, string[]>[] }).rules[1]).toEqual({
      apiGroups: [''],
      resources: ['groups'],
      verbs: ['impersonate'],
    });
    expect(err).toContain('"dev-*", which RBAC cannot express');
  });

  it('allows no group if the settings allow none', async () => {
    const { out } = await roleFor('{groups: []}');
    expect(
      (parse(out) as { rules: Record<string, string[]>[] }).rules.some((rule) => rule.resources!.includes('groups')),
    ).toBe(false);
  });
});
