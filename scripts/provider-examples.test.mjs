// Checks the examples in docs/providers.md: each loads, and reads the claims that the provider documents.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readIdentity } from '../packages/authenticate/src/identity/read-identity.ts';
import { warnOfSharedNames } from '../packages/contracts/src/config/shared-names.ts';
import { examineConfig } from '../packages/kit/src/config/load-config.ts';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const text = readFileSync(path.join(root, 'docs/providers.md'), 'utf8');
const sections = text.split(/^#{2,3} /m).map((section) => ({
  title: section.split('\n', 1)[0],
  blocks: [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml),
}));
const examples = sections.flatMap(({ title, blocks }) =>
  blocks.map((yaml, index) => [index === 0 ? title : `${title} (${index + 1})`, yaml]),
);
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(path.join(root, 'packages/contracts/schema/sallyport.schema.json'), 'utf8')),
);

const load = (yaml) => {
  const env = Object.fromEntries([...yaml.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => [name, 'a secret']));
  return examineConfig(`gateway: {url: 'http://127.0.0.1:8443'}\n${yaml}`, '/etc/sallyport/sallyport.yaml', env);
};
const example = (title) => examples.find(([name]) => name === title)[1];
const [tenant, other] = ['11111111-1111-1111-1111-111111111111', '33333333-3333-3333-3333-333333333333'];
const alice = { email: 'alice@example.com', email_verified: true };

/** The claims of each provider (ID token and UserInfo together), the resulting identity, and claims that must be refused. */
const sent = {
  Keycloak: {
    claims: { ...alice, preferred_username: 'alice', groups: ['developers'] },
    is: { user: 'alice@example.com', groups: ['developers'] },
    refused: [{ email_verified: false }],
  },
  Dex: {
    claims: { ...alice, groups: ['developers'], federated_claims: { connector_id: 'ldap', user_id: 'alice' } },
    is: { user: 'alice@example.com', groups: ['developers'] },
    refused: [{ email_verified: false }],
  },
  Okta: {
    claims: {
      ...alice,
      preferred_username: 'alice@example.com',
      groups: ['Everyone', 'developers'],
      ver: 1,
      amr: ['pwd', 'mfa'],
    },
    is: { user: 'alice@example.com', groups: ['Everyone', 'developers'], amr: ['pwd', 'mfa'] },
    refused: [{ email_verified: false }],
  },
  'Entra ID': {
    claims: {
      preferred_username: 'alice@example.com',
      email: 'alice@example.com',
      oid: 'o',
      tid: tenant,
      ver: '2.0',
      groups: ['aaaa-bbbb'],
    },
    is: { user: 'alice@example.com', groups: ['aaaa-bbbb'], email: 'alice@example.com' },
    refused: [
      { tid: other },
      { tid: undefined },
      {
        groups: undefined,
        _claim_names: { groups: 'src1' },
        _claim_sources: { src1: { endpoint: 'https://graph.microsoft.com/v1.0/users/o/getMemberObjects' } },
      },
    ],
  },
  'Entra ID (2)': {
    claims: { email: 'alice@example.com', xms_edov: '1', tid: other, groups: ['aaaa'] },
    is: { user: 'alice@example.com', groups: ['aaaa'] },
    refused: [{ tid: 'f'.repeat(8) }, { xms_edov: false }, { xms_edov: '0' }, { xms_edov: undefined }],
  },
  Google: {
    claims: { ...alice, hd: 'example.com', picture: 'https://lh3.googleusercontent.com/a' },
    is: { user: 'alice@example.com', groups: [] },
    refused: [{ hd: undefined }, { hd: 'evil.example' }, { email_verified: false }],
  },
  Auth0: {
    claims: { ...alice, nickname: 'alice', 'https://example.com/groups': ['developers'], org_id: 'org_abc123' },
    is: { user: 'alice@example.com', groups: ['developers'] },
    refused: [{ email_verified: false }],
  },
  GitLab: {
    claims: { ...alice, nickname: 'alice', groups: ['example', 'example/platform'], groups_direct: ['example'] },
    is: { user: 'alice@example.com', groups: ['example', 'example/platform'] },
    refused: [{ groups: ['elsewhere'] }, { groups: undefined }],
  },
  Ping: {
    claims: { email: 'alice@example.com', groups: ['developers'], acr: 'Single_Factor' },
    is: { user: 'alice@example.com', groups: ['developers'], acr: 'Single_Factor' },
    refused: [{ email_verified: false }],
  },
  Cognito: {
    claims: { ...alice, 'cognito:groups': ['developers'], 'cognito:username': 'alice', token_use: 'id' },
    is: { user: 'alice@example.com', groups: ['developers'] },
    refused: [{ token_use: 'access' }, { token_use: undefined }, { email_verified: 'true' }],
  },
  OneLogin: {
    claims: { email: 'alice@example.com', groups: ['developers'], name: 'Alice' },
    is: { user: 'alice@example.com', groups: ['developers'], name: 'Alice' },
    refused: [{ email: 'alice' }],
  },
  'AD FS': {
    claims: { upn: 'alice@corp.example', group: ['developers', 'CORP\\ops'], auth_time: 1_767_225_600 },
    is: { user: 'alice@corp.example', groups: ['developers', 'CORP\\ops'], email: 'alice@corp.example' },
    refused: [{ upn: undefined }],
  },
  GitHub: {
    claims: { ...alice, login: 'alice', groups: ['acme', 'acme/platform'] },
    is: { user: 'github:alice@example.com', groups: ['github:acme', 'github:acme/platform'] },
    refused: [{ groups: ['other'] }, { email_verified: false }],
  },
};

describe('the examples of docs/providers.md', () => {
  it('exist for each provider in the table', () => {
    const named = [...text.matchAll(/^\| \[([^\]]+)\]\(#/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThanOrEqual(12);
    expect(examples.map(([title]) => title)).toEqual(['Several at once', ...Object.keys(sent)]);
    for (const name of named) expect(Object.keys(sent)).toContain(name);
  });

  it.each(examples)('load: %s', (_title, yaml) => {
    const { faults, config } = load(yaml);
    expect(faults).toEqual([]);
    expect(warnOfSharedNames(config.identity.providers)).toEqual([]);
    expect(validate({ gateway: { url: 'http://127.0.0.1' }, ...parse(yaml) })).toBe(true);
  });

  it.each(Object.entries(sent))('read the claims that %s sends', (title, { claims, is, refused }) => {
    const [provider] = load(example(title)).config.identity.providers;
    const of = { iss: provider.issuer, sub: 's-1', ...claims };
    expect(readIdentity(provider, of)).toMatchObject({ provider: provider.id, subject: 's-1', ...is });
    for (const change of refused)
      expect(() => readIdentity(provider, { ...of, ...change })).toThrow(
        expect.objectContaining({ code: 'login-failed' }),
      );
  });

  it('name all settings of a provider', () => {
    const { properties } = JSON.parse(
      readFileSync(path.join(root, 'packages/contracts/schema/sallyport.schema.json'), 'utf8'),
    ).properties.identity.properties.providers.items;
    expect(Object.keys(properties).filter((name) => !text.includes(`\`${name}`))).toEqual([]);
  });
});
