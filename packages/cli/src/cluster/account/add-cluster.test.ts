import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { loadKubeconfigReader, startClusterRig, type ClusterRig } from '../../testing/cluster-rig.ts';
import { otherAuthority } from '../../testing/certificates.ts';
import { writeServiceSettings } from '../../testing/write-service-settings.ts';

const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/sallyport-gateway';
const namespace = '/api/v1/namespaces/sallyport';
let { rig, cluster } = {} as ClusterRig;
beforeAll(loadKubeconfigReader);
beforeEach(async () => {
  ({ rig, cluster } = await startClusterRig());
});
afterEach(async () => {
  await cluster.close();
  rig.remove();
});
const add = (...args: string[]) => rig.run('cluster', 'add', 'prod', '--kubeconfig', 'admin', ...args);
const file = (name: string) => path.join(rig.directory, name);
const writes = () => cluster.calls.filter((call) => !call.startsWith('GET '));

describe('sallyport cluster add', () => {
  it('makes the account, writes the files, and the entry passes config check', async () => {
    const { code, out, err } = await add('--groups', 'developers,sre', '--out', 'made');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('is an address of this machine only') });
    expect(out).toContain('created    ServiceAccount sallyport/sallyport-gateway');
    expect(out).toMatch(/The token expires at \d{4}-/);
    expect(writes()).toHaveLength(5);
    expect((cluster.objects.get(role)!['rules'] as object[])[1]).toMatchObject({
      resourceNames: ['developers', 'sre'],
    });
    const token = readFileSync(file('made/prod-token'), 'utf8');
    expect(out + err).not.toContain(token.trim());
    expect(out + err).not.toContain('admin-secret');
    const modes = ['made', 'made/prod-token', 'made/prod.yaml', 'made/prod-ca.crt'].map(
      (name) => statSync(file(name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);

    const sections = Object.values(writeServiceSettings(rig.directory)).join('');
    writeFileSync(
      file('sallyport.yaml'),
      `gateway: {url: 'http://localhost:8443'}\nidentity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}\n${sections}${readFileSync(file('made/prod.yaml'), 'utf8')}`,
    );
    expect(await rig.run('config', 'check')).toMatchObject({ code: 0, out: expect.stringContaining('ok') });
  });

  it('changes nothing the second time, gives a fresh token and says so', async () => {
    await add('--out', 'made');
    const first = readFileSync(file('made/prod-token'), 'utf8');
    cluster.calls.length = 0;
    const { code, out } = await add('--out', 'made');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('Nothing had to be changed in the cluster.'),
    });
    expect(writes()).toEqual([`POST ${namespace}/serviceaccounts/sallyport-gateway/token`]);
    expect(readFileSync(file('made/prod-token'), 'utf8')).not.toBe(first);
    expect(out.match(/Wrote .*/g)).toEqual([`Wrote ${file('made/prod-token')}.`]);
  });

  it('keeps the groups of the first run, so that a renewal does not widen the role', async () => {
    await add('--groups', 'sre', '--allow-system', 'system:serviceaccount:ci:*');
    const rules = structuredClone(cluster.objects.get(role)!['rules']);
    const { out, err } = await add();
    expect(out).toContain('Nothing had to be changed in the cluster.');
    expect(err).not.toContain('every group');
    expect(parse(out.split('\n# The content of')[0]!)).toMatchObject({
      clusters: [{ impersonate: { groups: ['sre'], allowSystem: ['system:serviceaccount:ci:*'] } }],
    });
    expect((await add('--groups', 'sre,ops', '--allow-system', '')).out).toContain('updated    ClusterRole');
    expect((await add()).out).toContain('Nothing had to be changed in the cluster.');
    expect((await add('--groups', 'sre', '--allow-system', 'system:serviceaccount:ci:*')).code).toBe(0);
    expect(cluster.objects.get(role)!['rules']).toEqual(rules);
    delete cluster.objects.get(role)!.metadata['annotations'];
    expect(await add()).toMatchObject({ code: 5, err: expect.stringContaining('Name them with --groups') });
  });

  it('corrects a role that was changed', async () => {
    await add('--groups', 'sre');
    const right = structuredClone(cluster.objects.get(role)!['rules']);
    (cluster.objects.get(role)!['rules'] as object[]).push({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] });
    expect((await add('--groups', 'sre')).out).toContain('updated    ClusterRole sallyport-gateway');
    expect(cluster.objects.get(role)!['rules']).toEqual(right);
  });

  it('prints what the configuration needs without --out, and warns of a role for every group', async () => {
    const { code, out, err } = await add('--server', 'https://10.1.2.3:6443', '--token', 'secret');
    expect({ code, err }).toEqual({
      code: 0,
      err: 'Warning: cluster prod: impersonate.groups has the pattern "*", which RBAC cannot express. The role therefore allows every group. To narrow it, list the groups by name, with --groups.\n',
    });
    expect(parse(out.split('\n# The content of')[0]!)).toEqual({
      clusters: [
        {
          name: 'prod',
          server: 'https://10.1.2.3:6443',
          caFile: 'prod-ca.crt',
          tokenFile: 'prod-token',
          impersonate: { groups: ['*'] },
          policy: [],
        },
      ],
    });
    expect(out).toContain('The token does not expire.');
    expect(out).toMatch(/-----END CERTIFICATE-----\n\n# The content of prod-token, which is a secret:\neyJ/);
    const bound = await add();
    expect(bound.err).toContain('has a token that does not expire');
    const json = JSON.parse((await add('-o', 'json')).out) as object;
    expect(json).toMatchObject({
      changes: expect.arrayContaining([{ object: 'Namespace sallyport', change: 'unchanged' }]),
      token: expect.stringMatching(/^eyJ/),
      tokenExpiresAt: expect.stringMatching(/Z$/),
    });
  });

  it('prints the objects and asks nothing with --dry-run', async () => {
    const { code, out } = await add('--dry-run', '--token', 'secret', '--groups', 'sre');
    expect(code).toBe(0);
    expect(parseAllDocuments(out).map((one) => (one.toJS() as { kind: string }).kind)).toEqual([
      'ClusterRole',
      'Namespace',
      'ServiceAccount',
      'ClusterRoleBinding',
      'Secret',
    ]);
    expect(cluster.calls).toEqual([]);
  });

  it.each([
    [{ name: 'sallyport-gateway', labels: { 'app.kubernetes.io/part-of': 'sallyport' } }, /was not made by "sallyport/],
    [
      {
        name: 'sallyport-gateway',
        labels: { 'app.kubernetes.io/managed-by': 'sallyport-cluster-add', 'sallyport.dev/cluster': 'dev' },
      },
      /was made for the cluster "dev"/,
    ],
  ])('changes nothing if an object belongs to someone else: %j', async (metadata, words) => {
    const foreign = { kind: 'ClusterRoleBinding', metadata, subjects: [] };
    cluster.objects.set(role.replace('clusterroles', 'clusterrolebindings'), structuredClone(foreign));
    const { code, err } = await add();
    expect([code, err]).toEqual([5, expect.stringMatching(words)]);
    expect(writes()).toEqual([]);
    expect(await add('--account', 'second-gateway')).toMatchObject({ code: 0 });
  });

  it('uses a namespace that exists, and leaves it as it is', async () => {
    const own = { kind: 'Namespace', metadata: { name: 'sallyport', labels: { team: 'platform' } } };
    cluster.objects.set(namespace, structuredClone(own));
    expect(await add()).toMatchObject({ code: 0 });
    expect(cluster.objects.get(namespace)).toEqual(own);
  });

  it('says which rights are missing, and changes nothing', async () => {
    cluster.allows = ({ verb, resource }) => !(verb === 'create' && resource!.startsWith('clusterrole'));
    const { code, err } = await add();
    expect([code, err]).toEqual([
      5,
      `sallyport: the cluster does not allow the user of the context "prod-admin" to: create clusterroles.rbac.authorization.k8s.io, create clusterrolebindings.rbac.authorization.k8s.io\n  Use a kubeconfig of a cluster administrator, or name another --context. Nothing was changed.\n`,
    ]);
    expect(writes()).toEqual([]);
    cluster.override = ({ path: asked }) =>
      asked === role ? { status: 403, body: { message: 'clusterroles is forbidden' } } : undefined;
    expect(await add()).toMatchObject({
      code: 5,
      err: expect.stringContaining('to get the ClusterRole sallyport-gateway'),
    });
  });

  it('explains that no one may grant what they do not have', async () => {
    cluster.override = ({ method, path: asked }) =>
      method === 'POST' && role.startsWith(asked)
        ? { status: 403, body: { message: 'user is attempting to grant RBAC permissions not currently held' } }
        : undefined;
    expect(await add()).toMatchObject({
      code: 5,
      err: expect.stringContaining('You may only grant rights that you have'),
    });
    expect(cluster.objects.size).toBe(0);
  });

  it('never overwrites other files without --force, and finds out before it changes anything', async () => {
    mkdirSync(file('made'), { mode: 0o700 });
    for (const [name, text] of [
      ['prod-token', 'the token of something else\n'],
      ['prod.yaml', 'mine\n'],
    ]) {
      writeFileSync(file(`made/${name}`), text!);
      const { code, err } = await add('--out', 'made');
      expect([code, err]).toEqual([7, expect.stringContaining(`${name} exists already and has other content`)]);
      expect(readFileSync(file(`made/${name}`), 'utf8')).toBe(text);
      expect(writes()).toEqual([]);
    }
    expect(await add('--out', 'made', '--force')).toMatchObject({ code: 0 });
    chmodSync(file('made'), 0o755);
    expect((await add('--out', 'made')).err).toContain('others can look into');
  });

  it.each([
    [['--context', 'x'], 2, /has no context "x"\n {2}It has: prod-admin\./],
    [['--kubeconfig', 'none'], 7, /none does not exist/],
    [['--namespace', 'A'], 2, /"A" is not the name of a namespace/],
    [['--server', 'http://10.0.0.1'], 2, /is not the https address/],
    [['--token-lifetime', '5m'], 2, /shorter than Kubernetes allows/],
    [['--token-lifetime', 'soon'], 2, /--token-lifetime: "soon" is not a length of time/],
    [['--groups', ' ,'], 2, /--groups names no group/],
    [['--allow-system', 'system:*'], 2, /is not an exact name that begins with system:/],
    [['--token', 'forever'], 2, /choices|Allowed/],
  ])('refuses %j with code %d', async (args, code, words) => {
    const run = await add(...args);
    expect([run.code, run.err]).toEqual([code, expect.stringMatching(words)]);
    expect(cluster.calls).toEqual([]);
  });

  it.each([
    ['not: [a', 7, /is not a kubeconfig/],
    ['{}', 2, /has no current context/],
    [() => cluster.kubeconfig({ token: 'x' }, { 'insecure-skip-tls-verify': true }), 7, /insecure-skip-tls-verify/],
    [() => cluster.kubeconfig({ token: 'x' }, { server: 'http://localhost:1' }), 7, /is not https/],
    [() => cluster.kubeconfig({ token: 'x' }, { server: 'https://localhost:1' }), 4, /connection refused/],
    [
      () =>
        cluster.kubeconfig(
          { token: 'x' },
          { 'certificate-authority-data': Buffer.from(otherAuthority).toString('base64') },
        ),
      4,
      /signed by an authority that is not trusted\n {2}Compare the CA of the cluster with certificate-authority in/,
    ],
    [() => cluster.kubeconfig({}), 5, /does not accept the credential of the kubeconfig/],
    [
      () => cluster.kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin' } }),
      7,
      /there is no credential for the context "prod-admin": no-such-plugin does not exist/,
    ],
  ])('says what is wrong with the kubeconfig (%#)', async (text, code, words) => {
    writeFileSync(file('admin'), typeof text === 'string' ? text : text());
    const run = await add();
    expect([run.code, run.err]).toEqual([code, expect.stringMatching(words)]);
  });

  it('runs the exec plugin of a kubeconfig', async () => {
    const credential = { kind: 'ExecCredential', status: { token: 'from-the-plugin' } };
    writeFileSync(file('plugin.sh'), `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: file('plugin.sh') };
    writeFileSync(file('admin'), cluster.kubeconfig({ exec }));
    expect(await add('--groups', 'sre')).toMatchObject({ code: 0 });
  });
});
