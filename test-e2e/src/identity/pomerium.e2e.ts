import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import {
  createPlainBrowser,
  describeWith,
  fillInForm,
  startCommand,
  startGateway,
  startPractice,
  startRecordingUpstream,
  theBed,
  type CommandResult,
  type Gateway,
  type PracticeAccess,
  type RecordingUpstream,
  type RunningCommand,
} from '../harness/index.ts';

const client = fileURLToPath(new URL('./pomerium-client.mjs', import.meta.url));
const releases = ['0.29', '0.32', '0.33'];

describeWith(['kubectl'], 'an unmodified Pomerium client', () => {
  let practice: PracticeAccess;
  let upstream: RecordingUpstream;
  let gateway: Gateway;
  /** The URL of the gateway with the host of one of its clusters. */
  let hostUrl: string;
  beforeAll(async () => {
    practice = await startPractice();
    upstream = await startRecordingUpstream();
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [
        practice.access,
        { name: 'hosted', ...practice.access, host: 'localhost' },
        { name: 'recorded', ...upstream.access },
        { name: 'locked', ...upstream.access, policy: [{ allow: { or: [{ groups: 'sre' }] } }] },
      ],
    });
    hostUrl = gateway.url.replace('127.0.0.1', 'localhost');
  });
  afterAll(async () => {
    await practice?.stop();
    await upstream?.stop();
    await gateway?.stop();
  });

  /** Creates the machine of a person: a cache of the client, and a kubeconfig with the client as plugin. */
  function machine(server: string, release = '0.33', flags: readonly string[] = []) {
    const home = path.join(gateway.directory, 'pomerium', randomUUID());
    mkdirSync(home, { recursive: true });
    const args = [client, '--release', release, '--alternate-ca-path', gateway.caFile, ...flags];
    const kubeconfig = path.join(home, 'kubeconfig');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server, 'certificate-authority': gateway.caFile } }],
        users: [
          {
            name: 'u',
            user: {
              exec: {
                apiVersion: 'client.authentication.k8s.io/v1',
                command: process.execPath,
                args: [...args, 'k8s', 'exec-credential', server],
                interactiveMode: 'IfAvailable',
                provideClusterInfo: false,
              },
            },
          },
        ],
      }),
    );
    const env = { XDG_CACHE_HOME: home, KUBECONFIG: kubeconfig, KUBECACHEDIR: path.join(home, 'cache') };
    return {
      home,
      kubectl: (...rest: string[]) => startCommand(theBed().kubectl ?? 'kubectl', rest, { env }),
      run: (...rest: string[]) => startCommand(process.execPath, [...args, ...rest], { env }),
    };
  }
  /** Does what a person does in the opened browser. Returns the final page. */
  async function answer(command: RunningCommand, who = 'alice'): Promise<string> {
    const [, page] = await command.says(/opened to visit:\n\n(\S+)\n/);
    const end = await fillInForm(createPlainBrowser({ ca: gateway.caPem }), page!, {
      user: `${who}@example.com`,
      password: who,
    });
    return end.answer.text;
  }
  const silent = (result: CommandResult) => expect(result.stderr).toBe('');
  const tokenOf = (result: CommandResult) =>
    (JSON.parse(result.stdout) as { status: { token: string; expirationTimestamp: string } }).status;
  const ask = (url: string, headers: Record<string, string> = {}, options: object = {}) =>
    gateway.request(url, { headers, ...options });

  describe.each(releases)('of release %s', (release) => {
    it.each(['path', 'host'])(
      'works as exec plugin of kubectl with a single login, with an address by %s',
      async (kind) => {
        const { kubectl } = machine(kind === 'path' ? gateway.clusterUrl() : hostUrl, release);
        const first = kubectl('auth', 'whoami', '-o', 'json');
        expect(await answer(first)).toBe('login complete, you may close this page');
        const { code, stdout, stderr } = await first.ended;
        expect({ code, stderr: stderr.replace(/Your browser has been opened to visit:\n\n\S+\n\n/, '') }).toEqual({
          code: 0,
          stderr: '',
        });
        expect(JSON.parse(stdout)).toMatchObject({
          status: { userInfo: { username: 'alice@example.com', groups: ['developers', 'system:authenticated'] } },
        });
        const second = await kubectl('get', 'pods', '-n', 'dev', '-o', 'name').ended;
        silent(second);
        expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('pod/') });
      },
    );

    it('logs in again after its session was ended, and after its cache was flushed', async () => {
      const { run } = machine(gateway.clusterUrl(), release);
      const exec = () => run('k8s', 'exec-credential', gateway.clusterUrl());
      const first = exec();
      await answer(first);
      const { token, expirationTimestamp } = tokenOf(await first.ended);
      expect(Date.parse(expirationTimestamp) - Date.now()).toBeGreaterThan(3_600_000);
      const kept = await exec().ended;
      silent(kept);
      expect(tokenOf(kept).token).toBe(token);
      expect((await ask('/.pomerium/sign_out', { authorization: `Bearer ${token}` })).status).toBe(204);
      const again = exec();
      await answer(again);
      expect(tokenOf(await again.ended).token).not.toBe(token);
      silent(await run('k8s', 'flush-credentials', gateway.clusterUrl()).ended);
      const flushed = exec();
      await answer(flushed);
      expect((await flushed.ended).code).toBe(0);
    });

    it("lists the caller's routes and prints a token for a route, each with one login at most", async () => {
      const { run } = machine(gateway.url, release);
      const listing = run('routes', 'list', gateway.url);
      await answer(listing);
      const routes = JSON.parse((await listing.ended).stdout) as { name: string; from: string; type: string }[];
      expect(routes.map(({ name, from, type }) => [name, from, type])).toEqual([
        ['dev', gateway.clusterUrl(), 'http'],
        ['hosted', 'https://localhost', 'http'],
        ['recorded', gateway.clusterUrl('recorded'), 'http'],
      ]);
      const auth = await run('auth', gateway.clusterUrl()).ended;
      silent(auth);
      expect((await ask('/clusters/dev/version', { authorization: `Pomerium ${auth.stdout.trim()}` })).status).toBe(
        200,
      );
    });
  });

  it('accepts a token from its flag or a file instead of a login', async () => {
    const { run, home } = machine(gateway.clusterUrl());
    const auth = run('auth', gateway.url);
    await answer(auth, 'bob');
    const token = (await auth.ended).stdout.trim();
    writeFileSync(path.join(home, 'token'), `${token}\n`);
    for (const flags of [
      ['--service-account', token],
      ['--service-account-file', path.join(home, 'token')],
    ]) {
      const whoami = await machine(gateway.clusterUrl(), '0.33', flags).kubectl('auth', 'whoami', '-o', 'json').ended;
      silent(whoami);
      expect(JSON.parse(whoami.stdout)).toMatchObject({ status: { userInfo: { username: 'bob@example.com' } } });
    }
  });

  it('shows in kubectl that the policy refuses, and does not open a login for that', async () => {
    const { kubectl } = machine(gateway.clusterUrl('locked'));
    const refused = kubectl('get', 'pods', '-n', 'dev');
    await answer(refused);
    expect(await refused.ended).toMatchObject({ code: 1, stdout: '' });
    const again = await kubectl('get', '--raw', '/version').ended;
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no cluster "locked" that you may use'),
    });
    expect(again.stderr).not.toContain('opened to visit');
  });

  describe('its token', () => {
    let token: string;
    beforeAll(async () => {
      const auth = machine(gateway.url).run('auth', gateway.url);
      await answer(auth);
      token = (await auth.ended).stdout.trim();
    });

    it('can be verified with the published key, and states its expiry and audience', async () => {
      const about = (await ask('/.well-known/pomerium')).json() as { issuer: string; jwks_uri: string };
      expect(about).toMatchObject({ issuer: gateway.url, jwks_uri: `${gateway.url}/.well-known/pomerium/jwks.json` });
      const keys = (await ask('/.well-known/pomerium/jwks.json')).json() as unknown as JSONWebKeySet;
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
        issuer: gateway.url,
        audience: gateway.url,
      });
      const user = (await ask('/.pomerium/user', { authorization: `Bearer Pomerium-${token}` })).json();
      expect(user).toMatchObject({
        user: 'alice@example.com',
        email: 'alice@example.com',
        groups: ['developers'],
        jti: payload.jti,
        exp: payload.exp,
      });
    });

    it('is accepted in every header that Pomerium supports, and never reaches the cluster', async () => {
      const before = upstream.requests.length;
      const carriers: Record<string, string>[] = [
        { authorization: `Bearer Pomerium-${token}` },
        { authorization: `Pomerium ${token}` },
        { 'x-pomerium-authorization': token },
      ];
      for (const headers of carriers) expect((await ask('/clusters/recorded/api/v1/pods', headers)).status).toBe(200);
      const seen = upstream.requests.slice(before).map(({ url, rawHeaders }) => [url, ...rawHeaders].join('\n'));
      expect(seen).toHaveLength(3);
      expect(seen.join()).not.toContain(token);
      expect(seen.join()).not.toMatch(/pomerium/i);
    });

    it('is refused next to another credential, in a query, in a cookie, or in any other header', async () => {
      const before = upstream.requests.length;
      const own = (await gateway.login('alice@example.com')).token;
      const where = '/clusters/recorded/api/v1/pods';
      const statuses = [
        await ask(where, { authorization: `Bearer ${own}`, 'x-pomerium-authorization': token }),
        await ask(where, { authorization: `Bearer ${token}` }),
        await ask(where, { authorization: `Bearer Pomerium-${own}` }),
        await ask(`${where}?pomerium_jwt=${token}`),
        await ask(where, { cookie: `_pomerium=${token}; __Host-sallyport=${token}` }),
        await ask(where, { 'x-pomerium-jwt-assertion': token }),
      ].map(({ status }) => status);
      expect(statuses).toEqual([400, 401, 401, 400, 401, 401]);
      expect(upstream.requests).toHaveLength(before);
    });

    it('is refused with any change, and its login is only redirected to loopback', async () => {
      const [header, payload, signature] = token.split('.') as [string, string, string];
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      const forged = [
        `${encode({ alg: 'none' })}.${payload}.`,
        `${encode({ alg: 'none' })}.${payload}.${signature}`,
        `${header}.${encode({ ...claims, exp: 9_999_999_999 })}.${signature}`,
        `${header}.${payload}.${'A'.repeat(86)}`,
        `${token}A`,
      ];
      for (const one of forged) {
        for (const where of [
          '/healthz',
          '/livez',
          '/clusters/recorded/version',
          '/.pomerium/user',
          '/.pomerium/api/v1/routes',
        ])
          expect([where, (await ask(where, { 'x-pomerium-authorization': one })).status]).toEqual([where, 401]);
      }
      for (const uri of [
        'https://evil.example/',
        '//evil.example',
        'http://127.0.0.1@evil.example/',
        'http://localhost.evil.example/',
      ])
        expect((await ask(`/.pomerium/api/v1/login?pomerium_redirect_uri=${encodeURIComponent(uri)}`)).status).toBe(
          400,
        );
      expect((await ask('/.pomerium/api/v1/login')).status).toBe(404);
      expect(
        (await ask('/.pomerium/api/v1/login?pomerium_redirect_uri=http%3A%2F%2F127.0.0.1%3A1', {}, { method: 'POST' }))
          .status,
      ).toBe(405);
    });

    it('is in no event, although its login and its uses are', async () => {
      const [login] = await gateway.audit.await({ type: 'session.login', user: 'alice@example.com' });
      expect(login!.data.sallyport.credentialKind).toBe('cli');
      expect(JSON.stringify(gateway.events({}))).not.toContain(token.split('.')[2]!);
    });

    it('passes the health check on every host while it is valid, and not afterwards', async () => {
      const hosts = [gateway.url, hostUrl];
      const browser = createPlainBrowser({ ca: gateway.caPem });
      expect((await browser.go(`${hosts[1]}/healthz`)).answer.status).toBe(401);
      for (const where of ['/healthz', '/livez'])
        expect([
          (await ask(where, { authorization: `Bearer Pomerium-${token}` })).text,
          (await ask(where)).text,
        ]).toEqual(['ok', 'ok']);
      expect(
        (await ask('/.pomerium/sign_out', { authorization: `Pomerium ${token}` }, { method: 'POST' })).status,
      ).toBe(204);
      for (const where of ['/healthz', '/livez', '/clusters/recorded/version'])
        expect((await ask(where, { authorization: `Bearer Pomerium-${token}` })).status).toBe(401);
    });
  });
});
