import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/rig.ts';
import { writeServiceSettings } from '../testing/write-service-settings.ts';

let rig: Rig;
let sections: Record<string, string>;
beforeEach(() => {
  rig = createRig();
  sections = writeServiceSettings(rig.directory);
});
afterEach(() => rig.remove());

const good = `gateway: {url: 'http://localhost:8443'}
identity: {providers: [{id: corp, issuer: 'https://idp.example.com', clientId: x, clientSecret: y}]}
clusters:
  - name: dev
    server: https://10.0.0.1:6443
    tokenFile: token
    policy:
      - allow: {and: [{groups: {has: developers}}]}
`;
/** Adds the sections that every service needs and the text does not have. */
const complete = (text: string) => {
  const absent = Object.entries(sections).filter(([name]) => !new RegExp(`^${name}:`, 'm').test(text));
  return text.startsWith('gateway:') ? `${text}${absent.map(([, section]) => section).join('')}` : text;
};
const check = (text: string, ...args: string[]) => {
  writeFileSync(path.join(rig.directory, 'sallyport.yaml'), complete(text));
  return rig.run('config', 'check', ...args);
};

describe('sallyport config check', () => {
  it('accepts a valid configuration', async () => {
    expect(await check(good)).toEqual({ code: 0, out: `${path.join(rig.directory, 'sallyport.yaml')}: ok\n`, err: '' });
  });

  it('reports all faults at once, including those of policies, with line, column and hint', async () => {
    const { code, out, err } = await check(
      good.replace('server:', 'servre:').replace('allow:', 'alow:').replace("'http://localhost:8443'", 'nonsense'),
    );
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const lines = err.split('\n').map((line) => line.replace(`${rig.directory}/`, ''));
    expect(lines[0]).toMatch(/^sallyport\.yaml:1:11: gateway\.url: not an http\(s\) URL/);
    expect(
      lines.some((line) =>
        line.startsWith('sallyport.yaml:5:5: clusters.0.servre: unknown field (did you mean server?)'),
      ),
    ).toBe(true);
    expect(
      lines.some((line) =>
        /^sallyport\.yaml:8:9: clusters\.0\.policy\.0\.alow: unknown action "?alow"? \(did you mean allow\?\)/.test(
          line,
        ),
      ),
    ).toBe(true);
    expect(lines.at(-3)).toMatch(/^sallyport: .*has \d+ faults$/);
  });

  it('reports the same as JSON', async () => {
    const { code, out } = await check(good.replace('allow:', 'alow:'), '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      faults: [{ path: 'clusters.0.policy.0.alow', line: 8, column: 9, hint: 'did you mean allow?' }],
    });
  });

  it('warns about a cluster without access, and succeeds', async () => {
    const { code, err } = await check(good.replace(/ {4}policy:[\s\S]*/, ''));
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/^warning: .*clusters\.0\.policy: is missing/),
    });
  });

  it('warns if users or groups of two providers would be the same, with the place in the file', async () => {
    const two = (prefix: string) =>
      good.replace(
        'clientSecret: y}',
        `clientSecret: y}, {id: partners, issuer: 'https://partners.example.com', clientId: z, clientSecret: y${prefix}}`,
      );
    const { code, err } = await check(two(''));
    expect(code).toBe(0);
    expect(err).toMatch(
      /^warning: .*sallyport\.yaml:2:\d+: identity\.providers\.1\.prefix\.user: is the same as that of corp/m,
    );
    expect(err).toContain('identity.providers.1.prefix.groups: is the same as that of corp');
    expect(await check(two(", prefix: {user: 'partners:', groups: 'partners:'}"))).toMatchObject({ code: 0, err: '' });
  });

  it('warns if sessions in Redis would not follow users', async () => {
    const inRedis = (more: string) => `${good}sessions: {redis: "redis://redis:6379"${more}}\n`;
    expect(await check(inRedis(''))).toMatchObject({
      code: 0,
      err: expect.stringMatching(
        /^warning: .*: sessions\.encryption: is missing: refresh tokens are not kept.*openssl rand -base64 32/,
      ),
    });
    expect(
      await check(inRedis(`, encryption: {keys: [{id: a, key: "${Buffer.alloc(32).toString('base64')}"}]}`)),
    ).toMatchObject({ code: 0, err: '' });
  });

  it('warns if a failover of Redis could lose a step of an elevation', async () => {
    const entry =
      '{name: admin, clusters: ["*"], groups: [sre], requesters: {groups: [dev]}, approvers: {groups: [sre]}}';
    const key = `encryption: {keys: [{id: a, key: "${Buffer.alloc(32).toString('base64')}"}]}`;
    const inRedis = (more: string) =>
      `${good}elevations: [${entry}]\nsessions: {redis: "redis://redis:6379", ${key}${more}}\n`;
    const { code, err } = await check(inRedis(', mode: cluster'));
    expect(code).toBe(0);
    expect(err).toMatch(
      /^warning: .*sessions\.waitForReplicas: is missing: a failover .* revoked elevation.*count: 1/m,
    );
    for (const more of ['', ', mode: cluster, waitForReplicas: {count: 1}'])
      expect((await check(inRedis(more))).err).not.toContain('waitForReplicas');
  });

  it('warns of approvers whose second account nothing could link to the first', async () => {
    const entry =
      '{name: admin, clusters: ["*"], groups: [sre], requesters: {groups: [dev]}, approvers: {groups: [sre]}}';
    const named = (provider: string) =>
      `${good.replace('clientSecret: y', `clientSecret: y, ${provider}`)}elevations: [${entry}]\n`;
    const { code, err } = await check(named('claims: {user: preferred_username}'));
    expect(code).toBe(0);
    expect(err).toMatch(
      /^warning: .*:\d+:\d+: elevations\.0\.approvers: can be met with an account of corp .*requireClaims: \{email_verified: true\}/m,
    );
    expect((await check(named('claims: {user: email}'))).err).not.toContain('can be met');
  });

  it('warns of rules that go by the name of a service account alone, also in elevations', async () => {
    const byName = `${good.replace('{groups: {has: developers}}', "{user: 'service-account:deployer'}")}elevations:
  - name: admin
    clusters: [dev]
    groups: [admins]
    requesters: {groups: [developers]}
    approvers: {allow: {or: [{user: 'service-account:approver'}]}}
`;
    const warned = async (text: string) => {
      const { code, err } = await check(text);
      expect([code, code === 0 ? '' : err]).toEqual([0, '']);
      return err.split('\n').flatMap((line) => /(\S+): lets in "(\S+)" by its name alone/.exec(line)?.slice(1) ?? []);
    };
    expect(await warned(byName)).toEqual([
      'clusters.0.policy.0.allow.and.0.user',
      'service-account:deployer',
      'elevations.0.approvers.allow.or.0.user',
      'service-account:approver',
    ]);
    const reserved = `${byName}api: {policy: {serviceAccountNames: {allow: {and: [{groups: sre}, {service_account: [deployer, approver]}]}}}}\n`;
    expect(await warned(reserved)).toEqual([]);
  });

  it("checks the policies of the gateway's own API too", async () => {
    expect(await check(`${good}api: {policy: {audit: [{allow: {or: [{grups: {has: x}}]}}]}}\n`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('api.policy.audit.0.allow.or.0.grups: unknown criterion'),
    });
  });

  it('reports policies by name, and those in separate files', async () => {
    const clusters = good.replace(
      '    policy:\n      - allow: {and: [{groups: {has: developers}}]}\n',
      '    policies: [develpers]\n    policyFile: dev.yaml\n    namespaces: [{match: x, policies: [ops]}]\n',
    );
    writeFileSync(path.join(rig.directory, 'dev.yaml'), '- allow:\n    or:\n      - gruops: x\n');
    const { code, err } = await check(
      `${clusters}policies: {developers: [{allow: {or: [{accept: true}]}}], ops: [{allow: {or: [{groups: ops}]}}]}\n`,
    );
    expect(code).toBe(1);
    const lines = err.split('\n').map((line) => line.replace(`${rig.directory}/`, ''));
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(
        /^warning: .*sallyport\.yaml:10:12: policies\.developers: is not used by any cluster, namespace or route/,
      ),
      expect.stringMatching(
        /^warning: .*:10:40: policies\.developers\.0\.allow\.or\.0\.accept: accept on a cluster admits every/,
      ),
      'sallyport.yaml:7:16: clusters.0.policies.0: there is no policy "develpers" (did you mean developers?) [authorize]',
      'dev.yaml:3:9: clusters.0.policy.0.allow.or.0.gruops: unknown criterion "gruops" (did you mean groups?) [authorize]',
    ]);
  });

  it('warns of a deny by path at a web application with advice for applications', async () => {
    const { err } = await check(
      `${good}routes:\n  - from: https://wiki.gate.example.com\n    to: http://127.0.0.1:3000\n    policies: [admin]\n    policy: [{deny: {and: [{http_path: /x}]}}]\npolicies: {admin: [{allow: {or: [{groups: staff}]}}, {deny: {and: [{http_path: /admin}]}}]}\n`,
    );
    const found = err.split('\n').filter((line) => line.includes('deny-by-path'));
    expect(found).toEqual([
      expect.stringMatching(/routes\.0\.policy\.0\.deny\.and\.0\.http_path: .*with http_path under allow/),
      expect.stringMatching(/policies\.admin\.1\.deny\.and\.0\.http_path: .*with http_path under allow/),
    ]);
  });

  it('checks the named file, or SALLYPORT_CONFIG', async () => {
    await check(good);
    writeFileSync(path.join(rig.directory, 'other.yaml'), 'a: 1\n');
    expect((await rig.run('config', 'check', 'other.yaml')).err).toContain('other.yaml:1:1: a: unknown field');
    rig.environment.env.SALLYPORT_CONFIG = path.join(rig.directory, 'other.yaml');
    expect((await rig.run('config', 'check')).code).toBe(1);
  });

  it.each([
    ['invalid YAML', 'a: [1'],
    ['nothing', ''],
    ['binary', 'a: \0'],
    ['a loop', 'a: &a [*a]'],
    ['an evil name', '__proto__: {x: 1}'],
    ['a list', '- 1'],
    ['odd clusters', 'clusters: [1, null, {policy: [[]]}]\napi: {policy: 7}'],
  ])('reports faults for %s without a crash', async (_what, text) => {
    const { code, err } = await check(text);
    expect(code).toBe(1);
    expect(err).toMatch(/^.*sallyport\.yaml.*: .+\n/);
    expect(err).not.toMatch(/ {4}at |unexpected error/);
  });

  it('shows no values from the file', async () => {
    expect((await check(good.replace('clientSecret: y', 'clientSecret: [hunter2]'))).err).not.toContain('hunter2');
  });

  it('says what to do about a file that is not there, or is none', async () => {
    expect(await rig.run('config', 'check')).toEqual({
      code: 7,
      out: '',
      err: `sallyport: ${rig.directory}/sallyport.yaml does not exist\n  Name the file, or set SALLYPORT_CONFIG.\n`,
    });
    expect((await rig.run('config', 'check', 'nope.yaml')).err).toBe(
      `sallyport: ${rig.directory}/nope.yaml does not exist\n  Check the path.\n`,
    );
    expect((await rig.run('config', 'check', '.')).err).toContain('is a directory\n  Name a file.');
    expect((await rig.run('config', 'check', '-')).err).toContain(
      'does not exist\n  For standard input, write /dev/stdin.',
    );
    rig.environment.env.SALLYPORT_CONFIG = 'elsewhere.yaml';
    expect((await rig.run('config', 'check')).err).toContain(
      'elsewhere.yaml does not exist\n  Correct SALLYPORT_CONFIG.',
    );
    for (const args of [
      ['kubeconfig', '--rbac', '--config', 'nope.yaml'],
      ['policy', 'explain', 'get', 'pods', '--config', 'nope.yaml', '--cluster', 'dev'],
      ['policy', 'lint', 'nope.yaml'],
      ['attack', '--target', 'https://127.0.0.1:9', '--token-file', 'nope.yaml'],
      ['config', 'import', 'nope.yaml'],
    ])
      expect(await rig.run(...args)).toEqual({
        code: 7,
        out: '',
        err: `sallyport: ${rig.directory}/nope.yaml does not exist\n  Check the path.\n`,
      });
  });

  it('names the services that report a finding, and can ask one of them', async () => {
    const faulty = good
      .replace('tokenFile: token', 'tokenFile: nowhere')
      .replace('allow:', 'alow:')
      .replace('name: dev', 'nmae: dev');
    const { err } = await check(faulty);
    expect(err).toMatch(/clusters\.0\.nmae: unknown field .*\[all services\]$/m);
    expect(err).toMatch(/clusters\.0\.policy\.0\.alow: .*\[authorize\]$/m);
    const ofProxy = await check(
      good.replace('tokenFile: token', 'tokenFile: nowhere'),
      '--service',
      'proxy',
      '-o',
      'json',
    );
    expect(JSON.parse(ofProxy.out)).toMatchObject({
      services: ['proxy'],
      faults: [
        {
          path: 'clusters.0.tokenFile',
          message: 'cannot be read (ENOENT)',
          hint: `there is no ${path.join(rig.directory, 'nowhere')}`,
          services: ['proxy'],
        },
      ],
    });
    expect((await check(good.replace('tokenFile: token', 'tokenFile: nowhere'), '--service', 'audit')).code).toBe(0);
    expect(await rig.run('config', 'check', '--service', 'console')).toMatchObject({
      code: 2,
      err: expect.stringContaining('authenticate, authorize, proxy, audit'),
    });
  });
});

describe('a value that is not in the file', () => {
  const linesOf = ({ err }: { err: string }) =>
    err
      .split('\n')
      .filter((line) => line.startsWith(rig.directory))
      .map((line) => line.replaceAll(`${rig.directory}/`, ''));

  it('is told in one line if it cannot be read: the key, the source, and what to do', async () => {
    const absent = good
      .replace('clientSecret: y', "clientSecret: '${file:/missing/secret}'")
      .replace('https://10.0.0.1:6443', '${env:UNSET_SERVER}');
    expect(linesOf(await check(`${absent}sessions: {redis: '\${env:UNSET_REDIS}', idle: '\${file:.}'}\n`))).toEqual([
      expect.stringMatching(
        /^sallyport\.yaml:2:\d+: identity\.providers\.0\.clientSecret: the file \/missing\/secret cannot be read \(ENOENT\) \(create it, or correct the path.*\) \[all services\]$/,
      ),
      expect.stringMatching(
        /^sallyport\.yaml:5:5: clusters\.0\.server: the environment variable UNSET_SERVER is not set \(set it .*\) \[all/,
      ),
      expect.stringMatching(/sessions\.redis: the environment variable UNSET_REDIS is not set/),
      expect.stringMatching(/sessions\.idle: the file \. cannot be read \(not a regular file\)/),
    ]);
  });

  it('is told with its source if it is empty or wrong, and never shown', async () => {
    rig.environment.env['EMPTY'] = '';
    rig.environment.env['WRONG'] = 'hunter2';
    const given = good
      .replace('clientSecret: y', "clientSecret: '${env:EMPTY}'")
      .replace('https://10.0.0.1:6443', '${env:WRONG}');
    const found = await check(given);
    expect(linesOf(found)).toEqual([
      expect.stringContaining('clientSecret: the environment variable EMPTY is empty (put the value into it)'),
      expect.stringMatching(
        /clusters\.0\.server: not an http\(s\) URL.* \(the value is from the environment variable WRONG\)/,
      ),
    ]);
    expect(found.err).not.toContain('hunter2');
  });
});
