import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigFaults } from './config-faults.ts';
import { loadConfig } from './load-config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-include-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(path.join(directory, name), text);
const config = (more = '', cluster = '') =>
  `gateway: {url: "http://gate"}\n${more}clusters:\n  - {name: dev, server: "https://10.0.0.1", token: t${cluster}}\n`;
const load = (text: string) => {
  write('sallyport.yaml', text);
  return loadConfig(path.join(directory, 'sallyport.yaml'), {});
};
const faultsOf = (text: string) => {
  try {
    load(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    return error.message.replaceAll(`${directory}/`, '').split('\n');
  }
};

describe('a policy in its own file', () => {
  it('is included for all clusters or for one, with positions in its file', () => {
    mkdirSync(path.join(directory, 'policies'));
    write('policies/dev.yaml', '# of dev\n- allow:\n    or: [{groups: dev}]\n');
    write('global.yaml', '[{deny: {and: [{groups: banned}]}}]');
    const { config: read, place, files } = load(config('policyFile: global.yaml\n', ', policyFile: policies/dev.yaml'));
    expect(read.policy).toEqual([{ deny: { and: [{ groups: 'banned' }] } }]);
    expect(read.clusters[0]!.policy).toEqual([{ allow: { or: [{ groups: 'dev' }] } }]);
    expect(place(['clusters', 0, 'policy', 0, 'allow', 'or'])).toEqual({
      file: path.join(directory, 'policies/dev.yaml'),
      line: 3,
      column: 5,
    });
    expect(place(['clusters', 0, 'name'])).toEqual({ line: 4, column: 6 });
    expect(place(['policy'])).toEqual({ file: path.join(directory, 'global.yaml'), line: 1, column: 1 });
    expect([...files.keys()].map((file) => path.relative(directory, file))).toEqual([
      'sallyport.yaml',
      'global.yaml',
      'policies/dev.yaml',
    ]);
  });

  it('is rejected with its own file, line and column', () => {
    write('bad.yaml', '- allow: [\n');
    expect(faultsOf(config('', ', policyFile: bad.yaml'))).toEqual([
      expect.stringMatching(/^bad\.yaml:2:1: clusters\.0\.policy: /),
    ]);
    write('secret.yaml', '- allow:\n    or:\n      - email: ${env:ADMIN}\n');
    expect(faultsOf(config('policyFile: secret.yaml\n'))).toEqual([
      'secret.yaml:3:9: policy.0.allow.or.0.email: policy files do not support substitution',
    ]);
  });

  it.each([
    ['missing.yaml', 'missing.yaml cannot be read (ENOENT)'],
    ['.', '. cannot be read (not a regular file)'],
  ])('is a fault of the configuration if it cannot be read (%s)', (name, message) => {
    expect(faultsOf(config(`policyFile: ${name}\n`))).toEqual([`sallyport.yaml:2:1: policyFile: ${message}`]);
  });

  it('must not be empty, or combined with another: denials would be missing', () => {
    write('empty.yaml', '# nothing\n');
    expect(faultsOf(config('policyFile: empty.yaml\n'))).toEqual([
      'empty.yaml:1:1: policy: is empty (write [] for a policy without rules)',
    ]);
    expect(faultsOf(config('policyFile: empty.yaml\npolicy: []\n'))).toEqual([
      'sallyport.yaml:2:1: policyFile: cannot be combined with policy; set only one of them',
    ]);
  });

  it('may be as large as reload.maxBytes, like the configuration', () => {
    write('large.yaml', `- allow: {or: [{groups: x}]}\n${'#\n'.repeat(1000)}`);
    expect(faultsOf(config('policyFile: large.yaml\nreload: {maxBytes: 1KiB}\n'))).toEqual([
      'large.yaml: is larger than reload.maxBytes (1024 bytes)',
    ]);
    expect(faultsOf(config(`reload: {maxBytes: 1KiB}\n${'#\n'.repeat(1000)}`))).toEqual([
      'sallyport.yaml: is larger than reload.maxBytes (1024 bytes)',
    ]);
    expect(faultsOf(config('reload: {maxBytes: 1GiB}\n'))).toEqual([
      expect.stringContaining('reload.maxBytes: must be at most 64MiB'),
    ]);
  });
});

describe("the names of a configuration's policies", () => {
  it('are valid names, and namespace patterns match valid namespaces', () => {
    expect(faultsOf(config('policies: {Bad Name: []}\n'))).toEqual([
      expect.stringContaining('policies.Bad Name: not a name'),
    ]);
    const wrong: [string, string][] = [
      ['{match: "A b", policy: []}', 'namespaces.0.match: not a namespace or a pattern'],
      ['{match: a}', 'namespaces.0: is empty'],
      ['{mach: c, policy: []}', 'namespaces.0.mach: unknown field (did you mean match?)'],
      ['{match: b, policy: []}, {match: [b], policy: []}', 'namespaces.1.match: is the same as that of namespaces.0'],
      ['{match: [], policy: []}', 'namespaces.0.match'],
    ];
    for (const [entries, words] of wrong)
      expect(faultsOf(config('', `, namespaces: [${entries}]`)).join('\n')).toContain(words);
  });
});
