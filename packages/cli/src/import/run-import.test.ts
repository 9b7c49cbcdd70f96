import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { importSource, putSource, route, type Config } from '../testing/import-pomerium.ts';
import { fillIn, type Missing } from '../testing/fill-in.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const fixtures = fileURLToPath(new URL('../import/fixtures', import.meta.url));
const names = ['all-in-one', 'older', 'strict'];
let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const useFixture = (name: string) =>
  copyFileSync(path.join(fixtures, `${name}.yaml`), path.join(rig.directory, 'pomerium.yaml'));

describe('a Pomerium configuration', () => {
  it.each(names)('becomes one with which the services start, once what its list names is there: %s', async (name) => {
    useFixture(name);
    const out = path.join(rig.directory, 'sallyport.yaml');
    const { code, out: report } = await rig.run('config', 'import', 'pomerium.yaml', '--out', out, '-o', 'json');
    expect(code).toBe(0);
    const { missing } = JSON.parse(report) as { missing: Missing[] };
    expect(missing.length).toBeGreaterThan(10);
    expect(await rig.run('config', 'check', 'sallyport.yaml')).toMatchObject({ code: 1 });
    fillIn(rig, out, missing);
    expect(await rig.run('config', 'check', 'sallyport.yaml')).toMatchObject({
      code: 0,
      out: expect.stringContaining('ok'),
    });
  });

  it.each(names)('never reveals a secret, on any stream: %s', async (name) => {
    useFixture(name);
    const runs = [
      await rig.run('config', 'import', 'pomerium.yaml'),
      await rig.run('config', 'import', 'pomerium.yaml', '-o', 'json'),
      await rig.run('config', 'import', 'pomerium.yaml', '--out', 'o.yaml'),
    ];
    const said = `${JSON.stringify(runs)}${readFileSync(path.join(rig.directory, 'o.yaml'), 'utf8')}`;
    expect(said).not.toMatch(/planted|cGxhbnRlZC|c2hhcmVk|Y29va2ll/);
  });

  it('is not written over a directory, whatever is forced', async () => {
    useFixture('older');
    expect(await rig.run('config', 'import', 'pomerium.yaml', '--out', '.', '--force')).toEqual({
      code: 7,
      out: '',
      err: `sallyport: ${rig.directory} is a directory\n  Name a file.\n`,
    });
  });

  it('turns Kubernetes routes into clusters with the same host', async () => {
    useFixture('all-in-one');
    const { clusters, parsed } = await importSource(rig);
    expect(clusters).toEqual([
      { from: 'routes.0', name: 'prod', host: 'prod.k8s.corp.test', server: 'https://10.20.0.1:6443' },
      { from: 'routes.1', name: 'dev', host: 'dev.k8s.corp.test', server: 'https://10.30.0.1:6443' },
    ]);
    expect(parsed.clusters[0]).toEqual({
      name: 'prod',
      server: 'https://10.20.0.1:6443',
      caFile: '/etc/pomerium/ca/prod.crt',
      serverName: 'kubernetes.default.svc',
      tokenFile: '/var/run/tokens/prod',
      host: 'prod.k8s.corp.test',
      policy: [
        { allow: { and: [{ domain: { is: 'corp.test' } }, { groups: { has: 'sre' } }] } },
        { deny: { or: [{ email: { is: 'leaver@corp.test' } }] } },
      ],
    });
    expect(parsed.gateway).toEqual({
      url: 'https://login.corp.test',
      listen: '0.0.0.0:443',
      tls: { certFile: '/etc/pomerium/tls/wildcard.crt', keyFile: '/etc/pomerium/tls/wildcard.key' },
    });
    expect(parsed.routes).toEqual([
      {
        from: 'https://grafana.corp.test',
        to: 'http://grafana:3000',
        policy: [{ allow: { or: [{ authenticated_user: true }] } }],
      },
    ]);
    expect(parsed.sessions).toEqual({ memory: true, lifetime: '8h0m0s' });
    expect(parsed.identity!.providers).toEqual([
      {
        id: 'okta',
        issuer: 'https://corp.okta.test',
        clientId: '0oa-client',
        clientSecret: '${env:IDP_CLIENT_SECRET}',
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
    ]);
  });

  it('replaces secrets by references, and tells where to put them', async () => {
    useFixture('all-in-one');
    const { secrets, parsed } = await importSource(rig);
    expect(secrets.map(({ path: where, reference, line }) => [where, reference, line])).toEqual([
      ['routes.1.kubernetes_service_account_token', '${env:SALLYPORT_DEV_TOKEN}', 41],
      ['idp_client_secret', '${env:IDP_CLIENT_SECRET}', 12],
    ]);
    expect(secrets[0]!.instead).toContain('environment variable SALLYPORT_DEV_TOKEN');
    expect(parsed.clusters[1]).toMatchObject({ token: '${env:SALLYPORT_DEV_TOKEN}', caFile: 'dev-ca.crt' });
  });

  it('reports every option without a counterpart, with its place, a reason and a replacement', async () => {
    useFixture('all-in-one');
    const { notCarried } = await importSource(rig);
    expect(notCarried.map(({ path: where }) => where).toSorted()).toEqual([
      'cookie_secret',
      'jwt_claims_headers',
      'log_level',
      'routes.0.idle_timeout',
      'routes.0.timeout',
      'routes.1.pass_identity_headers',
      'routes.1.preserve_host_header',
      'routes.1.set_request_headers',
      'routes.1.to',
      'shared_secret',
      'tracing_provider',
    ]);
    expect(notCarried.find((one) => one.path === 'routes.1.to')).toEqual({
      path: 'routes.1.to',
      line: 38,
      column: 5,
      message: 'has 1 more address, but a cluster has only one',
      instead: 'Put a load balancer in front of the API servers.',
    });
    for (const { line, column, message, instead } of notCarried)
      expect([typeof line, typeof column, message.length > 5, instead!.length > 5]).toEqual([
        'number',
        'number',
        true,
        true,
      ]);
  });

  it('has the same report as text, next to the configuration', async () => {
    useFixture('all-in-one');
    const { out, err } = await rig.run('config', 'import', 'pomerium.yaml');
    expect((parse(out) as Config).clusters.map(({ name }) => name)).toEqual(['prod', 'dev']);
    expect(out).toMatch(
      /^# Converted from pomerium\.yaml by "sallyport config import"\.\n# 11 options were not carried over/,
    );
    expect(err).toMatch(/Carried over:\n {2}routes\.0 becomes cluster prod, at https:\/\/prod\.k8s\.corp\.test\n/);
    expect(err).toMatch(/ {2}routes\.2 becomes the web application https:\/\/grafana\.corp\.test\n/);
    expect(err).toMatch(/NOT CARRIED OVER:\n(.*\n)* {2}\/.*pomerium\.yaml:38:5: routes\.1\.to: has 1 more address/);
  });

  it('may have the older form: routes under policy, sessions in Redis, a load balancer in front', async () => {
    useFixture('older');
    const { parsed, notCarried, notes } = await importSource(rig);
    expect(parsed.gateway).toEqual({
      url: 'https://auth.example.test',
      listen: '0.0.0.0:80',
      trustedProxies: ['127.0.0.1/32'],
    });
    expect(parsed.sessions).toEqual({ redis: '${env:SALLYPORT_REDIS_URL}' });
    expect(parsed.identity!.providers).toEqual([
      {
        id: 'google',
        issuer: 'https://accounts.google.com',
        clientId: 'id.apps.example.test',
        clientSecret: '${file:secrets/google}',
      },
    ]);
    expect(parsed.clusters.map(({ name, host }) => [name, host])).toEqual([
      ['kube', 'kube.example.test'],
      ['kube-example', undefined],
    ]);
    expect(notes.map(({ path: where, message }) => `${where}: ${message}`)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('policy.0.from: has port 8443'),
        expect.stringContaining('policy.1.from: has the host of another cluster'),
      ]),
    );
    expect(notCarried.map(({ path: where }) => where)).toEqual(
      expect.arrayContaining([
        'policy.2',
        'policy.2.regex',
        'policy.3',
        'policy.0.tls_skip_verify',
        'idp_service_account',
        'xff_num_trusted_hops',
      ]),
    );
  });
});

describe('client certificates', () => {
  it('are required by every cluster if every route required them', async () => {
    useFixture('strict');
    const { parsed, notCarried } = await importSource(rig);
    expect(parsed.gateway.tls).toEqual({
      certFile: 'tls.crt',
      keyFile: 'tls.key',
      clientCaFile: '/etc/pomerium/client-ca.crt',
    });
    expect(parsed.gateway).toMatchObject({ proxyProtocol: true, trustedProxies: ['127.0.0.1/32'] });
    expect(parsed.clusters.map(({ name, policy }) => [name, policy])).toEqual([
      [
        'one',
        [{ deny: { or: [{ invalid_client_certificate: true }] } }, { allow: { and: [{ groups: { has: 'admins' } }] } }],
      ],
    ]);
    expect(notCarried.map((one) => one.path)).toEqual(
      expect.arrayContaining([
        'downstream_mtls.crl_file',
        'routes.1',
        'routes.2',
        'routes.3',
        'routes.4',
        'idp_provider',
        'databroker_storage_type',
        'experimental_thing',
      ]),
    );
  });

  it('are left to the policies if the source did so', async () => {
    putSource(
      rig,
      `${route('allow_any_authenticated_user: true')}\ndownstream_mtls: {ca: cGxhbnRlZC1jYQ==, enforcement: policy}\n`,
    );
    const { parsed } = await importSource(rig);
    expect(parsed.clusters[0]!.policy).toEqual([{ allow: { or: [{ authenticated_user: true }] } }]);
    expect(parsed.gateway.tls).toMatchObject({ clientCaFile: 'client-ca.crt' });
  });
});

describe('the import', () => {
  it.each([
    ['nothing', '', /^.*pomerium\.yaml: is not a mapping of options/],
    ['a list', '- a', /is not a mapping/],
    ['invalid YAML', 'routes: [', /pomerium\.yaml:\d+:\d+: /],
    [
      'a Kubernetes object',
      'apiVersion: ingress.pomerium.io/v1\nkind: Pomerium\n',
      /pomerium\.yaml:2:1: kind: is a Kubernetes object/,
    ],
    [
      'a Sallyport configuration',
      'gateway: {}\nclusters: []\n',
      /pomerium\.yaml:1:1: gateway: is already a Sallyport configuration/,
    ],
    ['routes that are not a list', 'routes: {a: 1}', /pomerium\.yaml:1:1: routes: must be a list/],
    ['a route that is a string', 'routes:\n  - https://x', /pomerium\.yaml:2:5: routes\.0: must be a mapping/],
    [
      'a route without addresses',
      'routes:\n  - kubernetes_service_account_token: x\n',
      /routes\.0\.from: is missing.*\n.*routes\.0\.to: is missing/,
    ],
    [
      'an invalid address',
      route().replace('https://10.0.0.1:6443', 'nowhere'),
      /pomerium\.yaml:4:5: routes\.0\.to: is not a URL/,
    ],
    [
      'an invalid flag',
      route('allow_any_authenticated_user: maybe'),
      /allow_any_authenticated_user: must be true or false/,
    ],
    ['users that are not strings', route('allowed_users: [{a: 1}]'), /allowed_users\.0: must be a string/],
    [
      'two tokens',
      route('kubernetes_service_account_token: planted'),
      /kubernetes_service_account_token_file: cannot be combined with/,
    ],
    ['an invalid duration', 'cookie_expire: soon', /cookie_expire: is not a duration/],
    ['an invalid listen address', 'address: everywhere', /address: is not a listen address/],
  ])('reports the faults of %s with their places, and writes nothing', async (_what, text, faults) => {
    putSource(rig, text);
    const { code, out, err } = await rig.run('config', 'import', 'pomerium.yaml', '--out', 'sallyport.yaml');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(faults);
    expect(err).not.toMatch(/planted| {4}at /);
    expect(statSync(path.join(rig.directory, 'sallyport.yaml'), { throwIfNoEntry: false })).toBeUndefined();
    expect(JSON.parse((await rig.run('config', 'import', 'pomerium.yaml', '-o', 'json')).out)).toMatchObject({
      ok: false,
      faults: expect.arrayContaining([expect.objectContaining({ message: expect.any(String) })]),
    });
  });

  it('replaces a file only with --force, and makes it private', async () => {
    putSource(rig, route());
    writeFileSync(path.join(rig.directory, 'sallyport.yaml'), 'mine');
    expect(await rig.run('config', 'import', 'pomerium.yaml', '--out', 'sallyport.yaml')).toMatchObject({
      code: 7,
      err: expect.stringContaining('already exists'),
    });
    expect(readFileSync(path.join(rig.directory, 'sallyport.yaml'), 'utf8')).toBe('mine');
    expect(await rig.run('config', 'import', 'pomerium.yaml', '--out', 'sallyport.yaml', '--force')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('To check it, run: sallyport config check'),
    });
    expect(statSync(path.join(rig.directory, 'sallyport.yaml')).mode & 0o777).toBe(0o600);
  });

  it('reports a missing file', async () => {
    expect(await rig.run('config', 'import', 'pomerium.yaml')).toMatchObject({
      code: 7,
      err: expect.stringContaining('does not exist'),
    });
  });

  it('ends with a result or with faults, whatever the options are', async () => {
    const value = fc.oneof(
      fc.constantFrom('https://a.test', '/x', '${env:A}', true, false, null, 5, 'a@b.test', 'redis', 'okta'),
      fc.array(fc.constantFrom('https://b.test:6443', 'x', 1), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('cert', 'key', 'a', 'rego'), fc.string(), { maxKeys: 3 }),
    );
    const someRoute = fc.dictionary(
      fc.constantFrom(
        'from',
        'to',
        'policy',
        'prefix',
        'kubernetes_service_account_token',
        'kubernetes_service_account_token_file',
        'allowed_users',
        'allowed_idp_claims',
        'sub_policies',
        'tls_custom_ca',
        'odd',
      ),
      value,
    );
    const whole = fc.record(
      {
        routes: fc.oneof(value, fc.array(someRoute, { maxLength: 3 })),
        policy: fc.oneof(value, fc.array(someRoute, { maxLength: 2 })),
        address: value,
        authenticate_service_url: value,
        certificates: value,
        downstream_mtls: value,
        idp_provider: value,
        idp_provider_url: value,
        idp_client_id: value,
        idp_scopes: value,
        databroker_storage_type: value,
        databroker_storage_connection_string: value,
        cookie_expire: value,
        certificate_file: value,
        insecure_server: value,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(whole, async (config) => {
        putSource(rig, JSON.stringify(config));
        const { code, err } = await rig.run('config', 'import', 'pomerium.yaml');
        expect([0, 1]).toContain(code);
        expect(err).not.toContain('unexpected error');
      }),
      { numRuns: 150 },
    );
  });
});
