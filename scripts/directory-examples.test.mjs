// Checks the examples in docs/directory.md: each configuration loads, and the service accepts the example file.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readPeopleMap } from '../packages/directory/src/map/read-people-map.ts';
import { examineConfig } from '../packages/kit/src/config/load-config.ts';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const text = readFileSync(path.join(root, 'docs/directory.md'), 'utf8');
const blocks = (info) =>
  [...text.matchAll(new RegExp(`^\`\`\`${info}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, yaml]) => yaml);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(path.join(root, 'packages/contracts/schema/sallyport.schema.json'), 'utf8')),
);

describe('docs/directory.md', () => {
  it.each(blocks('yaml').map((yaml, index) => [index + 1, yaml]))('has an example that loads (%i)', (_index, yaml) => {
    const env = Object.fromEntries([...yaml.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => [name, 'a secret']));
    const { faults, config } = examineConfig(
      `gateway: {url: 'http://127.0.0.1:8443'}\n${yaml}`,
      '/etc/sallyport/sallyport.yaml',
      env,
    );
    expect(faults).toEqual([]);
    const named = config.identity.providers.flatMap(({ groupSources }) => groupSources);
    for (const { id } of config.identity.directory.sources) expect(named).toContain(id);
    expect(validate({ gateway: { url: 'http://127.0.0.1' }, ...parse(yaml) })).toBe(true);
  });

  it('has an example of each kind of source', () => {
    const kinds = blocks('yaml').flatMap((yaml) => parse(yaml).identity.directory.sources.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set(['scim', 'map', 'okta', 'google', 'github', 'entra']));
  });

  it('has a valid file of users and groups', () => {
    const [file] = blocks('yaml file');
    expect(readPeopleMap(file, 10_000)).toMatchObject({
      map: {
        byUser: new Map([
          ['alice@example.com', ['developers', 'on-call']],
          ['bob@example.com', ['sre']],
          ['carol@example.com', ['sre']],
        ]),
      },
    });
  });

  it('names existing metrics', () => {
    const sources = globSync('packages/directory/src/**/*.ts', { cwd: root })
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join('\n');
    const made = [...sources.matchAll(/sallyport_directory_[a-z_]+/g)].map(([name]) => name);
    const named = [...text.matchAll(/sallyport_directory_[a-z_]+/g)].map(([name]) => name);
    expect(new Set(named)).toEqual(new Set(made));
  });
});
