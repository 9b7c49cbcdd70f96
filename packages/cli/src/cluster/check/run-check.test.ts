import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { authority, otherAuthority } from '../../testing/certificates.ts';
import { fakeToken, startFakeCluster, type FakeCluster } from '../../testing/fake-cluster.ts';
import { createRig, type Rig } from '../../testing/rig.ts';
import { writeServiceSettings } from '../../testing/write-service-settings.ts';

const account = 'system:serviceaccount:sallyport:sallyport-gateway';
const now = () => Math.floor(Date.now() / 1000);
let [rig, cluster]: [Rig, FakeCluster] = [] as never;
beforeEach(async () => {
  rig = createRig();
  cluster = await startFakeCluster();
  // Rights are asked for one by one, and none of the dangerous ones is there.
  cluster.allows = ({ verb, resource, name }) =>
    verb === 'impersonate' && resource !== 'serviceaccounts' && (resource !== 'groups' || name !== undefined);
  writeFileSync(path.join(rig.directory, 'ca.crt'), authority);
  const sections = Object.values(writeServiceSettings(rig.directory)).join('');
  writeFileSync(
    path.join(rig.directory, 'sallyport.yaml'),
    `gateway: {url: 'http://localhost:8443'}
identity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}
${sections}clusters:
  - name: prod
    server: ${cluster.url}
    caFile: ca.crt
    tokenFile: token
    impersonate: {groups: [developers, sre]}
    policy: []
    namespaces: [{match: [shop, team-*], policy: [{allow: {or: [{groups: sre}]}}]}]
`,
  );
  giveToken(fakeToken(account, now(), now() + 3600));
});
afterEach(async () => {
  await cluster.close();
  rig.remove();
});
const giveToken = (token: string) => writeFileSync(path.join(rig.directory, 'token'), token);
const check = (...args: string[]) => rig.run('cluster', 'check', 'prod', ...args);
const rule = (verbs: string[], resources: string[], more: object = {}) => ({
  verbs,
  apiGroups: [''],
  resources,
  ...more,
});

describe('sallyport cluster check', () => {
  it('says that the gateway may do what it must, and nothing else', async () => {
    const { code, out, err } = await check();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Kubernetes v1.36.3, constrained impersonation: on by default');
    expect(out).toMatch(
      /ok {7}the credential is accepted: system:serviceaccount:sallyport:sallyport-gateway, until 20/,
    );
    expect(out).toContain('it may impersonate groups "developers"');
    expect(out).toContain('it may impersonate userextras.authentication.k8s.io/sallyport.dev/session');
    expect(out).toContain(
      'it may do nothing else (RoleBindings were checked in: default, kube-system, sallyport, shop)',
    );
  });

  it('reports the same as JSON', async () => {
    const { code, out } = await check('-o', 'json');
    expect(code).toBe(0);
    const report = JSON.parse(out) as { needed: unknown[] };
    expect(report).toMatchObject({
      ok: true,
      cluster: 'prod',
      kubernetes: { version: 'v1.36.3', constrainedImpersonation: 'on by default' },
      credential: { kind: 'token', user: account, expiresAt: expect.stringMatching(/Z$/) },
      extra: [],
      faults: [],
      warnings: [],
    });
    expect(report.needed).toHaveLength(9);
  });

  it('fails if a right is missing, and names it', async () => {
    const allows = cluster.allows.bind(cluster);
    cluster.allows = (right, user) => allows(right, user) && right['name'] !== 'sre' && right['resource'] !== 'uids';
    const { code, out, err } = await check();
    expect(code).toBe(1);
    expect(out).toContain('fault    it may not impersonate groups "sre"');
    expect(out).toContain('fault    it may not impersonate uids.authentication.k8s.io');
    expect(err).toContain('2 faults: the gateway cannot do its work in the cluster "prod"');
  });

  it('warns of every further right, in the namespace where it is, and fails with --strict', async () => {
    const rules = (namespace: string) => ({
      resourceRules: [
        rule(['impersonate'], ['users']),
        rule(['impersonate'], ['groups'], { resourceNames: ['developers', 'prod-admins'] }),
        rule(['get', 'list'], ['secrets']),
        ...(namespace === 'shop' ? [rule(['create'], ['pods/exec'])] : []),
        { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'] },
        { verbs: ['list'], apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'] },
      ],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/api/*', '/metrics'] }],
    });
    cluster.rules = (namespace, user) => (user === undefined ? rules(namespace) : { resourceRules: [] });
    const { code, out } = await check();
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.startsWith('  warning'))).toEqual([
      '  warning  it may impersonate groups "prod-admins", which it should not',
      '  warning  it may get, list secrets, which it should not',
      '  warning  it may get /metrics, which it should not',
      '  warning  it may create pods/exec in shop, which it should not',
    ]);
    expect(await check('--strict')).toMatchObject({ code: 1, err: expect.stringContaining('4 warnings') });
  });

  it('does not count what the cluster gives every user', async () => {
    cluster.rules = () => ({ resourceRules: [rule(['get'], ['configmaps'])] });
    expect((await check('--strict')).code).toBe(0);
    cluster.rules = (_namespace, user) => ({
      resourceRules: user === undefined ? [rule(['get'], ['configmaps'])] : [],
    });
    expect((await check('--strict')).code).toBe(1);
  });

  it('finds dangerous rights that another authorizer gives', async () => {
    const allows = cluster.allows.bind(cluster);
    cluster.allows = (right, user) =>
      allows(right, user) || (user === undefined && ['secrets', 'serviceaccounts'].includes(right['resource']!));
    const { out } = await check();
    expect(out.match(/^ {2}warning.*/gm)).toEqual([
      '  warning  it may get secrets, which it should not',
      '  warning  it may create serviceaccounts/token, which it should not',
      '  warning  it may impersonate serviceaccounts, which it should not',
    ]);
  });

  it('checks a cluster behind a connector with the kubeconfig of an administrator, and a token as the connector gets one', async () => {
    const settings = path.join(rig.directory, 'sallyport.yaml');
    const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
    const text = readFileSync(settings, 'utf8').replace(
      'tokenFile: token',
      'connector: factory\n    credential: connector',
    );
    writeFileSync(settings, `${text}connectors: [{name: factory, publicKeys: [${publicKey.toString('base64')}]}]\n`);
    expect(await check()).toMatchObject({
      code: 2,
      err: expect.stringMatching(/behind a connector\n.*sallyport cluster check prod --kubeconfig FILE/),
    });
    writeFileSync(path.join(rig.directory, 'admin'), cluster.kubeconfig({ token: 'of-an-administrator' }));
    const { code, out } = await check('--kubeconfig', 'admin');
    expect(out).toContain('(a token of the ServiceAccount sallyport/sallyport-gateway)');
    expect(out).toContain('it may do nothing else');
    expect(code).toBe(0);
  });

  it('fails if the token is not accepted, and says where it is', async () => {
    cluster.override = () => ({ status: 401, body: { message: 'token has expired' } });
    const { code, out } = await check();
    expect([code, out]).toEqual([1, expect.stringContaining('does not accept the credential: token has expired')]);
  });

  it('warns of a token that expires soon', async () => {
    giveToken(fakeToken(account, now() - 3000, now() + 600));
    expect(await check()).toMatchObject({ code: 0, out: expect.stringContaining('the credential expires soon') });
  });

  it('says why a cluster cannot be reached or trusted, and that a name is wrong', async () => {
    writeFileSync(path.join(rig.directory, 'ca.crt'), otherAuthority);
    expect(await check()).toMatchObject({ code: 4, err: expect.stringMatching(/not trusted\n {2}Compare .*caFile/) });
    await cluster.close();
    expect(await check()).toMatchObject({ code: 4, err: expect.stringContaining('connection refused') });
    expect(await rig.run('cluster', 'check', 'pord')).toMatchObject({
      code: 2,
      err: expect.stringContaining('has no cluster "pord"\n  It has: prod.'),
    });
  });
});
