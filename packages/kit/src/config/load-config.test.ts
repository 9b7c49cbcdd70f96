import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigFaults } from './config-faults.ts';
import { readYaml } from './read-yaml.ts';
import { examineConfig, readConfig } from './load-config.ts';

/** Any character. The one of fast-check first builds a table of all characters. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const faultsOf = (text: string, env = {}) => {
  try {
    readConfig(text, '/etc/s/sallyport.yaml', env);
    return [];
  } catch (error) {
    if (error instanceof ConfigFaults) return error.message.split('\n');
    throw error;
  }
};
const gateway = 'gateway:\n  url: http://gate\n';

describe('the configuration file', () => {
  it('reports all faults at once with line, column and the nearest valid name', () => {
    const faults = faultsOf(`${gateway}  listn: 1\nsessions: {memory: true, idel: 3h}\naudit:\n  execComand: clear\n`);
    expect(faults).toEqual([
      '/etc/s/sallyport.yaml:3:3: gateway.listn: unknown field (did you mean listen?)',
      expect.stringMatching(/sallyport.yaml:4:\d+: sessions.idel: unknown field \(did you mean idle\?\)/),
      '/etc/s/sallyport.yaml:6:3: audit.execComand: unknown field (did you mean execCommand?)',
    ]);
  });

  it('substitutes variables and files, and never shows a value in a fault', () => {
    const secret = 'planted-secret';
    const text = `${gateway}sessions: {redis: "\${env:REDIS}"}\n`;
    expect(readConfig(text, 'f', { REDIS: 'redis://r:1' }).config.sessions).toMatchObject({ redis: 'redis://r:1' });
    expect(faultsOf(text, { REDIS: secret }).join()).not.toContain(secret);
    expect(faultsOf(text)).toEqual([expect.stringContaining('the environment variable REDIS is not set')]);
    expect(faultsOf(`${gateway}login: {redirects: ["\${shell:id}"]}`).join()).toContain(
      'only ${env:NAME} and ${file:/path} are supported',
    );
  });

  it('leaves keys to a single process, with Redis only if that process reads it', () => {
    const added = (sessions: string, forOneProcess: boolean) => {
      const text = `gateway: {url: "https://gate"}\ndata: /nowhere\nsessions: ${sessions}\n`;
      return examineConfig(text, '/etc/s/sallyport.yaml', {}, { forOneProcess }).added;
    };
    expect(added('{}', false).has('services.proxy.keyFile')).toBe(true);
    expect(added('{redis: "redis://r:1"}', false)).toEqual(new Map());
    expect(added('{redis: "redis://r:1"}', true)).toEqual(added('{}', false));
  });

  it('says what is wrong with a URL of several Redis servers, and where, without showing it', () => {
    const fault = (sessions: string, env = {}) => faultsOf(`${gateway}sessions:\n${sessions}`, env).join();
    expect(fault('  redis: redis-sentinel://:planted@one#gate\n  mode: sentinel\n  nodes: [a:1]\n')).toMatch(
      /yaml:6:\d+: sessions\.nodes: cannot be combined with a URL that names several servers; remove nodes, mode, or/,
    );
    const wrong = fault('  redis: redis-cluster://:planted@one/3\n');
    expect(wrong).toMatch(/yaml:4:\d+: sessions\.redis: names a database, but a Redis cluster has only database 0$/);
    const fromFile = fault('  redis: ${env:REDIS}\n', { REDIS: 'redis-sentinel://:pl@anted@one' });
    expect(fromFile).toContain('sessions.redis: is not the URL of several Redis servers');
    expect(fromFile + wrong).not.toMatch(/planted|anted/);
  });

  it.each([
    ['duplicate keys', `${gateway}gateway: {}\n`],
    ['tabs', 'gateway:\n\turl: x\n'],
    ['__proto__', `${gateway}__proto__: {a: 1}\n`],
    ['an alias of itself', 'a: &a [*a]\n'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
    ['very many aliases', `a: &a x\nb: [${'*a,'.repeat(100_000)}]\n`],
    ['deep nesting', '['.repeat(100_000)],
    ['binary', `gateway: ${String.fromCharCode(0)}`],
    ['10 MB', `# ${'x'.repeat(10_000_000)}`],
    ['a list', '- 1\n'],
    ['nothing', ''],
  ])('rejects %s with a fault, without a crash', (_name, text) => {
    expect(faultsOf(text).length).toBeGreaterThan(0);
  });

  it('accepts an alias that is used often, but not thousands of times', () => {
    const shared = (count: number) =>
      `a: &a [x]\nb: &b [y]\nc: [${Array.from({ length: count }, (_, index) => (index % 2 === 0 ? '*a' : '*b')).join(',')}]\n`;
    expect(readYaml(shared(150)).ok).toBe(true);
    const began = performance.now();
    expect(readYaml(shared(100_000))).toMatchObject({
      ok: false,
      faults: [{ message: 'has more than 1000 aliases', line: 3 }],
    });
    // Searching for each of them from the start of the text would take hours.
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  it.each([
    'a: hunter2 "b"',
    'a: [hunter2 }',
    'a: "x\\qhunter2"',
    'a: *hunter2',
    'a: !hunter2 b',
    '%hunter2 x\n---\na: b',
    'a: |hunter2\n b',
    'a: hunter2: b',
    '- hunter2\na: b',
  ])('quotes nothing of a text that is not YAML (%s)', (text) => {
    expect(faultsOf(`${gateway}x: {${text}\n`).join()).not.toContain('hunter2');
    expect(faultsOf(`${text}\n`).join()).not.toContain('hunter2');
  });

  it('throws only faults for any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 200 }), (text) => {
        faultsOf(text);
      }),
      { numRuns: 500 },
    );
  });
});
