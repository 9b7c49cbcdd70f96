import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';

const provider = { id: 'corp', issuer: 'https://idp.example.com', clientId: 'c' };
const scim = { kind: 'scim', tokens: [{ id: 'okta', sha256: 'a'.repeat(64) }] };
const whole = (sources: unknown[], changes: object = {}) => ({
  gateway: { url: 'http://127.0.0.1:8443' },
  identity: { providers: [{ ...provider, ...changes }], directory: { sources } },
});
const read = (sources: unknown[], changes: object = {}) => configSchema.parse(whole(sources, changes)).identity;
const faults = (sources: unknown[], changes: object = {}) => {
  const { error } = configSchema.safeParse(whole(sources, changes));
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('sources of groups', () => {
  it("are the provider's claims unless others are named, and the first that knows the user decides", () => {
    expect(read([]).providers[0]).toMatchObject({ groupSources: ['claims'], combineGroups: 'first' });
  });

  it('have the name of their kind by default', () => {
    const identity = read(
      [scim, { kind: 'map', file: 'groups.yaml' }, { kind: 'map', id: 'more', file: 'more.yaml' }],
      { groupSources: ['scim', 'more', 'map', 'claims'] },
    );
    expect(identity.directory.sources.map(({ id, required }) => [id, required])).toEqual([
      ['scim', false],
      ['map', false],
      ['more', false],
    ]);
    expect(identity.directory.sources[0]).toMatchObject({
      match: { claim: 'email', attribute: 'userName' },
      groupName: 'displayName',
    });
  });

  it('have safe defaults for their kind', () => {
    const { directory } = read([
      { kind: 'okta', url: 'https://corp.okta.com', token: 't' },
      { kind: 'google', serviceAccountFile: 'k.json', admin: 'admin@example.com' },
      { kind: 'github', organizations: ['acme'], tokenFile: 't' },
      { kind: 'entra', tenant: 'example.com', clientId: 'c', clientSecret: 's' },
    ]);
    expect(directory.sources).toMatchObject([
      {
        id: 'okta',
        match: { claim: 'sub', attribute: 'id' },
        interval: 300_000,
        outageGrace: 86_400_000,
        groups: ['*'],
      },
      { id: 'google', match: { claim: 'sub', attribute: 'id' }, customer: 'my_customer' },
      { id: 'github', match: { claim: 'sub', attribute: 'id' }, url: 'https://api.github.com' },
      { id: 'entra', when: 'overage', groupsClaim: 'groups' },
    ]);
  });

  it.each<[string, unknown[], object, string]>([
    [
      'one that does not exist',
      [],
      { groupSources: ['claims', 'scmi'] },
      'identity.providers.0.groupSources.1: is neither in directory.sources',
    ],
    ['one named twice', [scim], { groupSources: ['scim', 'scim'] }, 'names a source twice'],
    ['none at all', [], { groupSources: [] }, 'identity.providers.0.groupSources'],
    [
      'two of one name',
      [scim, { ...scim, tokens: [{ id: 'other', sha256: 'b'.repeat(64) }] }],
      {},
      'two sources have the same id',
    ],
    ['one with the name claims', [{ ...scim, id: 'claims' }], {}, 'identity.directory.sources.0.id'],
    ['two tokens with the same name', [scim, { ...scim, id: 'other' }], {}, 'two SCIM tokens have the same id'],
    ['a token without a value', [{ ...scim, tokens: [{ id: 'a' }] }], {}, 'needs either sha256 or tokenFile'],
    ['a token that is not a hash', [{ ...scim, tokens: [{ id: 'a', sha256: 'secret' }] }], {}, 'not a SHA-256'],
    [
      'an API in clear text',
      [{ kind: 'okta', url: 'http://corp.okta.com', token: 't' }],
      {},
      'identity.directory.sources.0.url: must be https',
    ],
    ['an API without a token', [{ kind: 'okta', url: 'https://corp.okta.com' }], {}, 'needs either token or tokenFile'],
    ['an unknown kind', [{ kind: 'ldap' }], {}, 'identity.directory.sources.0'],
    ['an unknown option', [{ ...scim, tokenz: [] }], {}, 'identity.directory.sources.0'],
    [
      'the claims together with a source that reads them itself',
      [{ kind: 'entra', tenant: 't', clientId: 'c', clientSecret: 's' }],
      { groupSources: ['claims', 'entra'] },
      'identity.providers.0.groupSources.1: already reads the groups in the token',
    ],
  ])('are refused: %s', (_what, sources, changes, fault) => {
    expect(faults(sources, changes).join('\n')).toContain(fault);
  });
});
