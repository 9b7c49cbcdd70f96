import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configSchema, type ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { claimAt, copyClaims } from '@sallyport/directory';
import { lacksClaims, readIdentity } from './read-identity.ts';

/** Any character. fast-check would first build a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const provider = (changes: object = {}): ProviderConfig =>
  configSchema.parse({
    gateway: { url: 'http://127.0.0.1:8443' },
    identity: { providers: [{ id: 'corp', issuer: 'https://idp.example.com', clientId: 'c', ...changes }] },
  }).identity.providers[0]!;
const honest = {
  iss: 'https://idp.example.com',
  sub: 's-1',
  email: 'alice@example.com',
  email_verified: true,
  groups: ['developers'],
};
const read = (claims: object, config: object = {}) => readIdentity(provider(config), { ...honest, ...claims });
const refusal = (claims: object, config: object = {}): string => {
  try {
    read(claims, config);
  } catch (error) {
    expect(error).toMatchObject({ code: 'login-failed' });
    return (error as ProblemError).detail;
  }
  throw new Error('was not refused');
};

describe('the user', () => {
  it('is the configured claim with the prefix', () => {
    expect(read({}, { prefix: { user: 'corp:' } }).user).toBe('corp:alice@example.com');
    expect(read({ preferred_username: 'alice' }, { claims: { user: 'preferred_username' } }).user).toBe('alice');
    expect(read({ 'https://example.com/name': 'a' }, { claims: { user: 'https://example.com/name' } }).user).toBe('a');
  });

  it('is refused if it is missing, or is the subject if that is allowed', () => {
    expect(refusal({ email: undefined })).toContain('did not send the claim email');
    expect(read({ email: undefined }, { userFallback: true }).user).toBe('corp:s-1');
    expect(refusal({ email_verified: false }, { userFallback: true })).toContain('not verified');
  });

  it.each([
    '',
    ' ',
    ' alice',
    'alice ',
    '\talice',
    'a\nb',
    'a\u0000b',
    'a\u009bb',
    'a\u2028b',
    'a\u202eb',
    'a\u200bb',
    'a\u2066b',
    '\ufeffa',
    '\ud800',
    'x'.repeat(1025),
    'é'.repeat(513),
  ])('is refused if it could not be forwarded unchanged, or is shown as another name (case %#)', (name) => {
    refusal({ name_claim: name }, { claims: { user: 'name_claim' } });
  });

  it.each([
    ['a number', 7],
    ['a list', ['a']],
    ['a map', {}],
    ['a truth', true],
  ])('is refused when it is %s', (_what, value) => {
    refusal({ name_claim: value }, { claims: { user: 'name_claim' } });
    refusal({ email: value });
  });

  it('is never that of a service account', () => {
    const config = { claims: { user: 'u' } };
    expect(refusal({ u: 'service-account:ci' }, config)).toContain('service accounts');
    expect(refusal({ u: 'ci' }, { ...config, prefix: { user: 'service-account:' } })).toContain('service accounts');
  });

  it('is never reserved for Kubernetes, however it is composed', () => {
    const config = { claims: { user: 'u' } };
    for (const name of ['system:admin', 'system:masters', 'system:serviceaccount:kube-system:default', 'system:'])
      expect(refusal({ u: name }, config)).toContain('system:');
    expect(refusal({ u: 'admin' }, { ...config, prefix: { user: 'system:' } })).toContain('system:');
    expect(refusal({ u: ' system:admin' }, config)).toContain('space');
    expect(read({ u: 'system:admin' }, { ...config, prefix: { user: 'corp:' } }).user).toBe('corp:system:admin');
  });
});

describe('the email address', () => {
  it.each([
    ['required', true, true],
    ['required', false, false],
    ['required', undefined, false],
    ['required', 'true', false],
    ['required', 1, false],
    ['required', null, false],
    ['ifPresent', true, true],
    ['ifPresent', undefined, true],
    ['ifPresent', null, true],
    ['ifPresent', false, false],
    ['ifPresent', 'false', false],
    ['ignore', false, true],
    ['ignore', undefined, true],
  ] as const)('with emailVerified %s and the claim %j: %j', (emailVerified, claim, allowed) => {
    if (allowed) expect(read({ email_verified: claim }, { emailVerified }).email).toBe('alice@example.com');
    else expect(refusal({ email_verified: claim }, { emailVerified })).toContain('not verified');
  });

  it.each([
    'alice',
    '@example.com',
    'alice@',
    'alice@evil.example@example.com',
    '"a@b"@example.com',
    'alice @example.com',
    'alice@example.com\n',
  ])('is refused as %j', (email) => {
    refusal({ email });
  });

  it('that is not verified has no effect if another claim names the user', () => {
    const identity = read({ email_verified: false, u: 'alice' }, { claims: { user: 'u' } });
    expect(identity.email).toBeUndefined();
    expect(identity.claims['email']).toBeUndefined();
    expect(identity.user).toBe('alice');
  });

  it.each([
    ['that is not verified', {}, { email_verified: false }],
    ['whose verification is missing', {}, { email_verified: undefined }],
    ['under another name', { email: 'mail' }, { email: undefined, mail: 'alice@example.com', email_verified: false }],
    ['under the usual name as well', { email: 'mail' }, { email_verified: false }],
    ['in a list', {}, { email: ['alice@example.com', 7], email_verified: false }],
  ])('that has an address %s asserts it, and nothing else of the identity has it', (_what, names, claims) => {
    const { asserted, ...rest } = read({ u: 'al', ...claims }, { claims: { user: 'u', ...names } });
    expect(asserted).toEqual(['alice@example.com']);
    expect(JSON.stringify(rest)).not.toContain('alice@example.com');
  });

  it('that has a verified address asserts no other, and one without any says so', () => {
    expect(read({}).asserted).toBeUndefined();
    expect(read({ u: 'al', email: undefined }, { claims: { user: 'u' } }).asserted).toEqual([]);
    expect(
      read({ u: 'al', email: 'x'.repeat(400), email_verified: false }, { claims: { user: 'u' } }).asserted,
    ).toEqual([]);
  });
});

describe('groups', () => {
  it('are a list of strings, or one string, which is never split', () => {
    expect(read({ groups: ['a', 'b,c', 'a'] }).groups).toEqual(['a', 'b,c']);
    expect(read({ groups: 'a,b c' }).groups).toEqual(['a,b c']);
    expect(read({ groups: undefined }).groups).toEqual([]);
    expect(read({ groups: null }).groups).toEqual([]);
    expect(read({}, { prefix: { groups: 'corp:' } }).groups).toEqual(['corp:developers']);
  });

  it('can be at a path', () => {
    expect(read({ realm_access: { roles: ['r'] } }, { claims: { groups: 'realm_access.roles' } }).groups).toEqual([
      'r',
    ]);
  });

  it.each([
    [7],
    [{}],
    [['a', 7]],
    [[['a']]],
    [[null]],
    [true],
    [['']],
    [['a\nb']],
    [[' system:masters']],
    [['x'.repeat(1025)]],
  ])('are refused as %j', (groups) => {
    refusal({ groups });
  });

  it('are refused if the provider only refers to them elsewhere', () => {
    expect(
      refusal({
        groups: undefined,
        _claim_names: { groups: 'src1' },
        _claim_sources: { src1: { endpoint: 'https://graph.example' } },
      }),
    ).toContain('reference');
  });
});

describe('claims', () => {
  it('are stored without a prototype, and without claims about the token', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": true}, "deep": {"__proto__": {"x": 1}, "constructor": {"prototype": {"y": 1}}}, "nonce": "n", "at_hash": "h", "department": "r&d"}',
    ) as object;
    const { claims } = readIdentity(provider(), Object.assign(Object.create(null) as object, honest, { ...hostile }));
    expect(Object.getPrototypeOf(claims)).toBeNull();
    expect(Object.keys(claims).sort()).toEqual(['deep', 'department', 'email', 'email_verified', 'groups', 'sub']);
    expect(Object.getPrototypeOf(claims['deep'])).toBeNull();
    expect(Object.keys(claims['deep'] as object)).toEqual(['constructor']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('are refused beyond 16 KiB or eight levels', () => {
    expect(refusal({ note: 'x'.repeat(16_384) })).toContain('16 KiB');
    expect(read({ note: 'x'.repeat(15_000) }).user).toBe('alice@example.com');
    let deep: unknown = 'x';
    for (let n = 0; n < 12; n += 1) deep = [deep];
    expect(refusal({ deep })).toContain('deep');
  });

  it('are found only as own properties', () => {
    const claims = copyClaims({ a: { b: 1 }, 'a.c': 2, list: [1], n: null });
    expect(
      [
        'a.b',
        'a.c',
        'a.b.c',
        'list.0',
        'list.length',
        'n',
        'constructor',
        'toString',
        '__proto__',
        'a.__proto__',
        'a.constructor.name',
        '',
      ].map((path) => claimAt(claims, path)),
    ).toEqual([1, 2, ...Array(10).fill(undefined)]);
  });

  it('are requested from UserInfo if they are missing', () => {
    expect(lacksClaims(provider(), honest)).toBe(false);
    for (const name of ['email', 'groups', 'email_verified'])
      expect(lacksClaims(provider(), { ...honest, [name]: undefined })).toBe(true);
    expect(lacksClaims(provider({ emailVerified: 'ifPresent' }), { ...honest, email_verified: undefined })).toBe(false);
  });

  it('of any form yield an identity that can be forwarded, or a refusal with a message', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('iss', 'sub', 'email', 'email_verified', 'groups', 'name', 'amr', '__proto__', 'x'),
          fc.oneof(fc.jsonValue(), fc.string({ unit: character }), fc.emailAddress(), fc.constant(true)),
        ),
        fc.boolean(),
        (claims, userFallback) => {
          try {
            const { user, groups } = readIdentity(provider({ userFallback }), claims);
            for (const name of [user, ...groups]) {
              expect(name).toMatch(/^\S([^\u0000-\u001f\u007f-\u009f]*\S)?$/u);
              expect(name.trim()).toBe(name);
            }
            expect(user.startsWith('system:')).toBe(false);
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            expect(error.code).toBe('login-failed');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
