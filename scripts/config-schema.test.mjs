import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { configSchema } from '../packages/contracts/src/config/index.ts';
import { configJsonSchema, configOptions } from './config-schema.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(read('packages/contracts/schema/sallyport.schema.json')),
);
const faults = (config) =>
  validate(config) ? [] : validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);

/** The complete configurations in the repository. */
function samples() {
  const documents = [
    'README.md',
    ...readdirSync(path.join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const inDocuments = documents
    .flatMap((file) =>
      [...read(file).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text], index) => [
        `${file}, block ${index + 1}`,
        text,
      ]),
    )
    .filter(([, text]) => /^gateway:/m.test(text) && /^clusters:/m.test(text));
  const files = ['deploy/compose/sallyport.yaml', 'k8s/base/sallyport.yaml', 'k8s/overlays/tls/sallyport.yaml'].map(
    (file) => [file, read(file)],
  );
  return [...files, ...inDocuments].map(([name, text]) => [name, parse(text)]);
}

describe('the JSON Schema of sallyport.yaml', () => {
  it('is up to date (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(JSON.parse(read('packages/contracts/schema/sallyport.schema.json'))).toEqual(configJsonSchema());
  });

  it('describes every option', () => {
    const options = [...configOptions()];
    expect(options.length).toBeGreaterThan(300);
    expect(options.filter(([, text]) => text === undefined)).toEqual([]);
  });

  it.each(samples())('takes %s', (_name, config) => {
    expect(faults(config)).toEqual([]);
  });

  it('has samples in the repository and in the documentation', () => {
    expect(samples().length).toBeGreaterThanOrEqual(4);
  });

  const small = {
    gateway: { url: 'https://gate.example.com', tls: { certFile: 'c', keyFile: 'k' } },
    sessions: { redis: '${file:/run/redis}', lifetime: '1h30m' },
    audit: { spool: { dir: 'd', maxBytes: 1024 } },
    policies: { readers: { allow: { or: [{ groups: 'a' }] } } },
    identity: { providers: [{ id: 'corp', issuer: '${env:ISSUER}', clientId: 'x' }] },
    clusters: [
      {
        name: 'dev',
        server: 'https://10.0.0.1',
        tokenFile: 't',
        policies: ['readers'],
        namespaces: [{ match: ['a', 'b-*'], policy: null }],
        policy: [{ deny: { not: [{ 'k8s/verb': ['get'] }] } }],
      },
    ],
  };

  it('accepts references where a string is expected', () => {
    expect(faults(small)).toEqual([]);
  });

  const set = (keys, value) => {
    const copy = structuredClone(small);
    let at = copy;
    for (const key of keys.slice(0, -1)) at = at[key];
    at[keys.at(-1)] = value;
    return copy;
  };
  it.each([
    ['an unknown section', ['gatway'], {}],
    ['an unknown option', ['gateway', 'urll'], 'x'],
    ['an unknown option of a cluster', ['clusters', 0, 'servre'], 'x'],
    ['no address', ['gateway', 'url'], 'gate'],
    ['an address to listen on that is none', ['gateway', 'listen'], '8443'],
    ['a length of time that is none', ['sessions', 'lifetime'], 'long'],
    ['a size that is none', ['audit', 'spool', 'maxBytes'], '1 kilo'],
    ['a name that is none', ['clusters', 0, 'name'], 'Dev!'],
    ['an unknown choice', ['audit', 'execCommand'], 'maybe'],
    ['a text in place of a list', ['gateway', 'trustedProxies'], '10.0.0.0/8'],
    ['a block that is none', ['gateway', 'trustedProxies'], ['10.0.0.0']],
    ['a route without an address', ['routes'], [{}]],
    ['a workload without an audience', ['workloads'], [{ name: 'ci', match: { sub: 'x' }, user: 'ci:x' }]],
  ])('refuses %s, as the services do', (_what, keys, value) => {
    const config = set(keys, value);
    expect(faults(config)).not.toEqual([]);
    expect(
      configSchema.safeParse({ ...config, sessions: { ...config.sessions, redis: 'redis://r' }, identity: {} }).success,
    ).toBe(false);
  });

  it('takes the operators of a policy in a rule about recordings, and nothing else', () => {
    const withRule = (rule) => set(['recordings'], { rules: [{ record: 'required', ...rule }] });
    expect(faults(withRule({ name: 'prod', and: [{ 'k8s/namespace': 'prod' }], nor: [{ groups: 'sre' }] }))).toEqual(
      [],
    );
    for (const wrong of [{ and: [{ grups: 'x' }] }, { deny: { and: [] } }, { record: 'never' }])
      expect(faults(withRule(wrong))).not.toEqual([]);
  });

  it.each([
    ['an unknown criterion', [{ allow: { or: [{ grups: 'x' }] } }]],
    ['an unknown action', { alow: {} }],
    ['an unknown matcher', { allow: { or: [{ groups: { had: 'x' } }] } }],
  ])('refuses %s in a policy, wherever it stands', (_what, policy) => {
    for (const keys of [
      ['policy'],
      ['shadow'],
      ['policies', 'readers'],
      ['clusters', 0, 'policy'],
      ['clusters', 0, 'shadow'],
      ['clusters', 0, 'namespaces', 0, 'policy'],
      ['api'],
    ]) {
      expect(faults(set(keys, keys[0] === 'api' ? { policy: { audit: policy } } : policy))).not.toEqual([]);
    }
  });
});
