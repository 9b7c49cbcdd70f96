import { describe, expect, it } from '@jest/globals';
import { configSchema } from './index.ts';
import { foreignPrefixes, warnOfSharedNames } from './shared-names.ts';

const base = { id: 'corp', issuer: 'https://idp.example.com', clientId: 'c', clientSecret: 's' };
const parse = (providers: object[], rest: object = {}) =>
  configSchema.safeParse({ gateway: { url: 'http://127.0.0.1' }, identity: { providers, ...rest } });
const faultsOf = (changes: object, rest: object = {}) => {
  const result = parse([{ ...base, ...changes }], rest);
  return result.success
    ? []
    : result.error.issues.map(
        (issue) => `${issue.path.join('.').replace('identity.providers.0.', '')}: ${issue.message}`,
      );
};
const read = (...changes: object[]) =>
  configSchema.parse({
    gateway: { url: 'http://127.0.0.1' },
    identity: { providers: changes.map((one, index) => ({ ...base, id: `p${index}`, ...one })) },
  }).identity.providers;

describe('a provider', () => {
  it('needs few settings', () => {
    expect(read({})[0]).toMatchObject({
      kind: 'openid',
      scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
      clientAuth: 'auto',
      userInfo: 'ifMissing',
      emailVerifiedValues: [true],
    });
    expect(read({ kind: 'github', issuer: 'https://github.com' })[0]!.scopes).toEqual([
      'read:user',
      'user:email',
      'read:org',
    ]);
  });

  it.each([
    [{ scopes: ['email'] }, 'scopes: must contain openid'],
    [{ discoveryUrl: 'http://idp.example.com/x' }, 'discoveryUrl: must be https'],
    [{ apiUrl: 'https://x.example' }, 'apiUrl: is only for kind: github'],
    [{ clientAuth: 'basic', clientSecret: undefined }, 'clientSecret: is missing'],
    [{ clientAuth: 'none' }, 'clientSecret: is not used'],
    [{ clientAuth: 'private_key_jwt', clientSecret: undefined }, 'clientKeyFile: is missing'],
    [{ clientKeyFile: 'k' }, 'clientKeyFile: is only for'],
    [{ clientKeyId: 'k' }, 'clientKeyId: is only for'],
    [
      { extraParams: { redirect_uri: 'https://evil.example' } },
      'extraParams.redirect_uri: is set by the gateway itself',
    ],
    [{ extraParams: { response_mode: 'form_post' } }, 'extraParams.response_mode: is set by'],
    [{ domainHintParam: 'scope' }, 'domainHintParam: is set by'],
    [{ emailVerifiedValues: [] }, 'emailVerifiedValues: '],
    [{ requireClaims: { hd: [] } }, 'requireClaims.hd: '],
    [
      { issuerTemplate: 'https://login.example.com/{tid}/v2.0' },
      'requireClaims: must list the accepted values of the claim tid',
    ],
    [{ issuerTemplate: 'https://login.example.com' }, 'issuerTemplate: contains no claim'],
    [{ domains: ['Example.com'] }, 'domains.0: not a host name'],
    [{ kind: 'github', clientSecret: undefined }, 'clientSecret: is missing'],
    [{ kind: 'github', clientAuth: 'basic' }, 'clientAuth: must be auto or post: GitHub takes'],
    [{ kind: 'github', discoveryUrl: 'https://x.example' }, 'discoveryUrl: is only for OpenID'],
    [{ kind: 'saml' }, 'kind: '],
  ])('is refused with %j', (changes, fault) => {
    expect(faultsOf(changes)).toEqual([expect.stringContaining(fault)]);
  });

  it('can list the tenants that its template accepts', () => {
    expect(faultsOf({ issuerTemplate: 'https://login.example.com/{tid}/v2.0', requireClaims: { tid: 'x' } })).toEqual(
      [],
    );
  });

  it('must exist if it is the default, and must not share a domain', () => {
    expect(faultsOf({}, { defaultProvider: 'other' })).toEqual([
      'identity.defaultProvider: is not the id of a provider',
    ]);
    expect(faultsOf({}, { defaultProvider: 'corp' })).toEqual([]);
    expect(
      parse([
        { ...base, domains: ['x.example'] },
        { ...base, id: 'b', domains: ['x.example'] },
      ]).success,
    ).toBe(false);
  });
});

describe('names of several providers', () => {
  it('cause a warning if two have the same prefix', () => {
    const warnings = warnOfSharedNames(
      read({}, {}, { prefix: { user: 'c:', groups: 'c:' } }, { prefix: { user: 'd:', groups: 'c:' } }),
    );
    expect(warnings.map(({ path }) => path)).toEqual([
      'identity.providers.1.prefix.user',
      'identity.providers.1.prefix.groups',
      'identity.providers.3.prefix.groups',
    ]);
    expect(warnings[0]!.message).toContain('is the same as that of p0');
    expect(warnOfSharedNames(read({}))).toEqual([]);
  });

  it('belong to the provider with their prefix; the outer provider may not use a prefix inside its own', () => {
    const all = read(
      {},
      { prefix: { user: 'b:', groups: 'b/' } },
      { prefix: { user: 'b:eu:' } },
      { userFallback: true, prefix: { user: 'x:' } },
    );
    expect(foreignPrefixes(all[0]!, all)).toEqual({ user: ['b:', 'b:eu:', 'x:', 'p3:'], groups: ['b/'] });
    expect(foreignPrefixes(all[1]!, all)).toEqual({ user: ['b:eu:', 'x:', 'p3:'], groups: [] });
    expect(foreignPrefixes(all[2]!, all)).toEqual({ user: ['x:', 'p3:'], groups: ['b/'] });
    expect(foreignPrefixes(all[3]!, all).user).toEqual(['b:', 'b:eu:']);
  });

  it('never begin with the prefix of a workload', () => {
    const all = read({});
    expect(
      foreignPrefixes(all[0]!, all, [{ user: 'ci:{{repository}}' }, { user: 'ci:x' }, { user: 'mesh:{{sub}}' }]),
    ).toEqual({
      user: ['ci:', 'mesh:'],
      groups: [],
    });
  });
});
