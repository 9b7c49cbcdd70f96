import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, it } from '@jest/globals';
import { ConfigFaults, loadConfig } from '@sallyport/kit';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sallyport-fuzz-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const good = `gateway:
  url: https://gateway.example.com:8443
  listen: 0.0.0.0:8443
sessions: {memory: true, lifetime: 12h, idle: 2h}
audit: {kafka: {memory: true}, store: {embedded: ./audit}}
identity:
  providers:
    - {id: corp, issuer: https://idp.example.com, clientId: sallyport, clientSecret: "\${env:SECRET}"}
streams: {recheck: 30s, grace: 30s, drain: 60s, perUser: 100, perCluster: 5000}
clusters:
  - name: dev
    server: https://10.0.0.1:6443
    token: x
    policy:
      - allow:
          or:
            - groups: developers
`;

function feed(input: Buffer): void {
  const file = path.join(directory, 'sallyport.yaml');
  writeFileSync(file, input);
  try {
    const { config } = loadConfig(file, { SECRET: 'planted-secret' });
    if (typeof config.gateway.url !== 'string' || !Array.isArray(config.clusters))
      throw new Error('an empty configuration');
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    if (error.message.includes('planted-secret')) throw new Error('a fault that reveals a value', { cause: error });
  }
  if ('polluted' in {}) throw new Error('the prototype of all objects was changed');
}

const words = [
  '\n',
  '  ',
  '- ',
  ': ',
  '&a ',
  '*a',
  '<<: ',
  '!!js/function ',
  '!!binary ',
  '|',
  '>',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '#',
  '---\n',
  '...\n',
  '${env:SECRET}',
  '${file:/none}',
  '${',
  '__proto__: {polluted: true}',
  'constructor',
  'clusters:',
  'gateway:',
  'policy:',
  '12h',
  '1e9',
  '0x10',
  '.inf',
  '\t',
  '\u0000',
  '\ufeff',
  'allow',
  'true',
  '~',
  'null',
];

it(
  'configurations are either read or refused',
  () =>
    fuzzParser({
      // Running services read it on a separate thread.
      name: 'config',
      longestMs: 2000,
      feed,
      tokens: words,
      seeds: [
        good,
        good.replaceAll('\n', '\r\n'),
        'gateway: {url: https://g}',
        'a: &a [*a]\n',
        '{"gateway":{"url":"https://g:1"},"clusters":[]}',
      ],
      built: fc.oneof(
        fc
          .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })), { maxLength: 24 })
          .map((parts) => Buffer.from(parts.join(''))),
        fc
          .dictionary(
            fc.constantFrom('gateway', 'clusters', 'audit', 'sessions', 'identity', 'streams', '__proto__'),
            fc.jsonValue({ maxDepth: 3 }),
            { maxKeys: 4 },
          )
          .map((document) => Buffer.from(JSON.stringify(document))),
      ),
    }),
  3_600_000,
);
