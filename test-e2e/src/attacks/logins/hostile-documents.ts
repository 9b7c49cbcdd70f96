import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, runCli, type CommandResult } from '../../harness/index.ts';
import { metricsOf, reloadsOf } from '../../policy/policy-fixture.ts';
import { expectNoLogin, loginFixture, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

const laughs = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghij'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`),
].join('\n');
/** What an attacker could put into a configuration file. Each is refused as a whole. */
const hostile: [string, (good: string) => string][] = [
  ['aliases that grow exponentially', () => laughs],
  ['a list that contains itself', (good) => `${good}\npolicy: &loop [*loop]\n`],
  ['a map nested 50,000 deep', (good) => `${good}\npolicy: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`],
  ['__proto__', (good) => `${good}\n__proto__: {clusters: []}\n`],
  ['constructor', (good) => `${good}\nconstructor: {prototype: {polluted: true}}\n`],
  ['a merge key', (good) => `${good}\n<<: {clusters: []}\n`],
  ['a tag that makes a function', (good) => `${good}\npolicy: !!js/function "function(){}"\n`],
  ['a key twice', (good) => `${good}\nclusters: []\n`],
  ['a second document', (good) => `${good}\n---\nclusters: []\n`],
  ['no YAML', () => '\u0000\u0001{{{{'],
  ['nothing', () => ''],
  ['a file that is read for its value', (good) => `${good}\nrouting: \${file:/etc/shadow}\n`],
];

const depth = (levels: number): unknown => (levels === 0 ? 'x' : [depth(levels - 1)]);

function attackClaims(): void {
  it.each([
    ['__proto__', '{"__proto__":{"groups":["developers"],"email_verified":true}}'],
    ['constructor', '{"constructor":{"prototype":{"groups":["developers"]}}}'],
    ['groups in a prototype', '{"groups":{"__proto__":["developers"],"length":1,"0":"developers"}}'],
  ])('claims with %s give no permissions', async (_what, text) => {
    const { one } = loginFixture();
    const own = JSON.parse(text) as Record<string, unknown>;
    // Of two members with the same name, JSON parsers use the last one. These come last, as raw bytes.
    one.lies = {
      token: (claims) =>
        one.signText(
          { alg: 'RS256', kid: one.kid },
          `${JSON.stringify({ ...claims, groups: undefined }).slice(0, -1)},${text.slice(1)}`,
        ),
    };
    if (own['groups'] !== undefined) return void (await expectNoLogin(/groups/));
    const { token } = await tokenAt();
    expect(await statusAt(token)).toBe(403);
  });

  it.each([
    ['nested deeply', { deep: depth(40) }],
    ['of a megabyte', { note: 'x'.repeat(600_000) }],
    ['of very many groups', { groups: Array.from({ length: 20_000 }, (_none, index) => `group-${index}`) }],
  ])('claims %s are refused, and do not affect others', async (_what, claims) => {
    loginFixture().one.lies = { claims };
    await expectNoLogin(/deep|KiB|cannot be reached|failed verification/);
    expect((await tokenAt('two')).user).toBe('alice@example.com');
  });
}

/** Expressions and patterns that would take a backtracking matcher years. */
const slowPolicies: [string, unknown][] = [
  ['a list of stars', { allow: { or: [{ 'k8s/name': `${'*a'.repeat(200)}b` }] } }],
  [
    'nested macros of CEL',
    {
      allow: {
        or: [
          {
            expression:
              '[1,2,3,4,5,6,7,8,9].all(a,[1,2,3,4,5,6,7,8,9].all(b,[1,2,3,4,5,6,7,8,9].all(c,[1,2,3,4,5,6,7,8,9].all(d,[1,2,3,4,5,6,7,8,9].all(e,[1,2,3,4,5,6,7,8,9].all(f,a+b+c+d+e+f>0))))))',
          },
        ],
      },
    },
  ],
  ['a regular expression', { allow: { or: [{ email: { matches: '^(a+)+$' } }] } }],
];

function attackFiles(): void {
  let good = '';
  let token = '';
  beforeAll(async () => {
    good = readFileSync(loginFixture().gateway.configFile, 'utf8');
    ({ token } = await tokenAt());
  });
  const write = (text: string) => {
    const { configFile } = loginFixture().gateway;
    writeFileSync(`${configFile}.new`, text);
    renameSync(`${configFile}.new`, configFile);
  };
  afterAll(() => write(good));

  it.each(hostile)(
    'a configuration with %s is refused as a whole by running services, which continue as before',
    async (_what, make) => {
      const { gateway } = loginFixture();
      const reads = () => reloadsOf(gateway, 'authorize', 'rejected');
      const before = await reads();
      write(make(good));
      await eventually('it to be refused', async () => (await reads()) > before);
      expect(await statusAt(token)).toBe(200);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    },
  );

  it('a good configuration is accepted after all of these', async () => {
    write(good);
    await eventually(
      'the status to be good again',
      async () => (await metricsOf(loginFixture().gateway, 'authorize')).get('sallyport_config_rejected') === 0,
    );
    expect(await statusAt(token)).toBe(200);
  });

  it.each(slowPolicies)('a policy with %s is refused, or is evaluated quickly', async (_what, policy) => {
    const { gateway } = loginFixture();
    const file = `${gateway.directory}/slow-policy.yaml`;
    writeFileSync(file, JSON.stringify([policy]));
    const input = JSON.stringify({
      user: { id: 'a', email: `${'a'.repeat(5000)}!@example.com` },
      session: { id: 's' },
      kubernetes: { cluster: 'dev', verb: 'get', resource: 'pods', name: 'a'.repeat(5000) },
    });
    const started = Date.now();
    const { code }: CommandResult = await runCli(['policy', 'eval', '--policy', file, '--input', '-'], {
      home: `${gateway.directory}/nobody`,
      input,
    });
    expect([0, 1]).toContain(code);
    expect(Date.now() - started).toBeLessThan(30_000);
  });
}

export function attackDocuments(): void {
  describe('A41: hostile documents:', () => {
    attackClaims();
    attackFiles();
  });
}
