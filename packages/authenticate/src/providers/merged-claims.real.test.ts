import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '@sallyport/contracts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { clientId, issuer, type Lies } from '../testing/test-provider.ts';

type Documents = { claims?: Record<string, unknown>; userinfo?: Record<string, unknown> };
const [alice, victim] = ['alice@example.com', 'victim@example.com'];

let service: TestService;
const begin = async (settings: object = {}) => {
  service = await createTestService({
    identity: { providers: [{ id: 'corp', issuer, clientId, clientSecret: 's3cr3t', ...settings }] },
  });
};
beforeEach(() => begin());
const logIn = async (documents: Documents = {}) => {
  service.provider.lies = documents;
  return throughProvider(service, '/.sallyport/login');
};
const only = async (): Promise<Session | undefined> => (await service.sessions.list())[0];
const identity = async () => (await only())?.identity;
/** Refreshes ten minutes later with these responses. Undefined if the session ended. */
const refresh = async (lies: Lies) => {
  service.provider.lies = lies;
  service.clock.now += 600_000;
  await service.refresher.runDue();
  return identity();
};
const withoutIdToken = (userinfo: Record<string, unknown>, more: Lies = {}) =>
  refresh({ noIdTokenAtRefresh: true, userinfo, ...more });

describe('at a login, an address and its verification', () => {
  it.each<[string, Documents]>([
    [
      'the address in the id_token and the verification in UserInfo',
      { claims: { email: victim, email_verified: undefined }, userinfo: { email_verified: true } },
    ],
    [
      'the verification in the id_token and the address in UserInfo',
      { claims: { email: undefined, email_verified: true }, userinfo: { email: victim } },
    ],
    [
      'the verification of an older address in UserInfo, and the new address in both',
      { claims: { email: victim, email_verified: undefined }, userinfo: { email: victim, verified_email: true } },
    ],
    [
      'a denial in the id_token, which is signed',
      { claims: { email: victim, email_verified: false }, userinfo: { email: victim, email_verified: true } },
    ],
    [
      'a denial in UserInfo of an address that the ID token does not verify',
      { claims: { email: victim, email_verified: undefined }, userinfo: { email: victim, email_verified: false } },
    ],
  ])('are not combined: %s', async (_what, documents) => {
    await begin({ userInfo: 'always' });
    expect((await logIn(documents)).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('come from the source that has both', async () => {
    await logIn({
      claims: { email_verified: undefined },
      userinfo: { email: 'alice@example.org', email_verified: true },
    });
    expect(await identity()).toMatchObject({
      user: 'alice@example.org',
      email: 'alice@example.org',
      claims: { email: 'alice@example.org', email_verified: true },
    });
    await begin({ userInfo: 'always' });
    await logIn({ userinfo: { email: victim, email_verified: true } });
    expect(await identity()).toMatchObject({ user: alice, claims: { email: alice } });
  });

  it.each(['claims', 'userinfo'] as const)(
    'are taken from the one document that has both, by whatever names and whatever else it lacks (%s)',
    async (document) => {
      await begin({ userInfo: 'always', claims: { user: 'mail', email: 'mail' } });
      const none = { email: undefined, email_verified: undefined };
      await logIn({ claims: none, userinfo: none, [document]: { ...none, mail: alice, email_verified: true } });
      expect(await identity()).toMatchObject({ user: alice, email: alice });
      await begin({
        userInfo: 'always',
        claims: { user: 'email', email: 'about.mail', emailVerified: 'about.verified', groups: 'about.groups' },
      });
      const part = (mail: string, more: object) => ({ ...none, about: { mail, ...more } });
      await logIn({
        claims: part(victim, { groups: ['admins'] }),
        userinfo: part(victim, { groups: ['admins'] }),
        [document]: part(alice, { verified: true }),
      });
      expect(await identity()).toMatchObject({ user: alice, email: alice, groups: [] });
    },
  );

  it.each([true, false])(
    'are not put together either where an address needs none if none is said (a verification of %s elsewhere)',
    async (said) => {
      await begin({ emailVerified: 'ifPresent', userInfo: 'always' });
      expect(
        (await logIn({ claims: { email: victim, email_verified: undefined }, userinfo: { email_verified: said } }))
          .status,
      ).toBe(403);
      await logIn({ claims: { email_verified: undefined } });
      expect((await identity())?.user).toBe(alice);
    },
  );

  it('are not combined across names with dots and paths', async () => {
    await begin({
      userInfo: 'always',
      claims: { user: 'email', email: 'profile.mail', emailVerified: 'profile.verified' },
    });
    expect(
      (await logIn({ claims: { profile: { verified: true } }, userinfo: { 'profile.mail': victim } })).status,
    ).toBe(403);
    await logIn({
      claims: { profile: { mail: alice, verified: true } },
      userinfo: { 'profile.mail': victim, 'profile.verified': true },
    });
    expect((await identity())?.user).toBe(alice);
  });

  it('that do not belong together are ignored if another claim names the user', async () => {
    await begin({ userInfo: 'always', claims: { user: 'preferred_username' } });
    await logIn({
      claims: { preferred_username: 'alice', email: victim, email_verified: undefined },
      userinfo: { email_verified: true },
    });
    const person = await identity();
    expect([person?.user, person?.email, person?.claims['email'], person?.claims['email_verified']]).toEqual([
      'alice',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('at a refresh, an address and its verification', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a new address without a word on it', { email: victim }],
    ['a new address that is denied', { email: victim, email_verified: false }],
    ['a new address, the verification as null', { email: victim, email_verified: null }],
    ['a denial without an address', { email_verified: false }],
    ['a verification without an address', { email_verified: true }],
    ['an address that is gone', { email: null }],
    ['the old address that is denied now', { email: alice, email_verified: false }],
  ])('are not completed from the last ID token: %s', async (_what, userinfo) => {
    await logIn();
    expect(await withoutIdToken(userinfo)).toBeUndefined();
    expect(service.events('session.ended')).toMatchObject([{ data: { responseStatus: { message: 'changed' } } }]);
  });

  it.each<[string, Lies]>([
    [
      'a new address in the id_token and the verification in UserInfo',
      { claims: { email: victim, email_verified: undefined }, userinfo: { email_verified: true } },
    ],
    [
      'a verification in the id_token and a new address in UserInfo',
      { claims: { email: undefined }, userinfo: { email: victim } },
    ],
  ])('are not combined: %s', async (_what, lies) => {
    await logIn();
    expect(await refresh(lies)).toBeUndefined();
  });

  it('come from one source, or stay if the provider sends the same address or none', async () => {
    await logIn();
    expect((await withoutIdToken({}))?.user).toBe(alice);
    expect((await withoutIdToken({ email: alice }))?.user).toBe(alice);
    expect((await withoutIdToken({ email: 'alice@example.org', email_verified: true }))?.user).toBe(
      'alice@example.org',
    );
  });

  it('that were replaced do not come back when the provider stops sending them', async () => {
    await logIn();
    expect((await withoutIdToken({ email: 'alice@example.org', email_verified: true }))?.user).toBe(
      'alice@example.org',
    );
    expect(await withoutIdToken({})).toBeUndefined();
  });

  it('that were withdrawn do not come back if another claim names the user', async () => {
    await begin({ claims: { user: 'preferred_username' } });
    await logIn({ claims: { preferred_username: 'alice' } });
    expect((await identity())?.email).toBe(alice);
    expect((await withoutIdToken({ email: victim }))?.email).toBeUndefined();
    const person = await withoutIdToken({});
    expect([person?.user, person?.email, person?.claims['email']]).toEqual(['alice', undefined, undefined]);
  });
});

describe('at a refresh, a claim that UserInfo has replaced', () => {
  it.each<
    [
      string,
      Record<string, unknown>,
      Record<string, unknown>,
      (person: Session['identity'] | undefined) => unknown,
      unknown,
    ]
  >([
    ['groups', { groups: ['admin'] }, { groups: ['dev'] }, (person) => person?.groups, []],
    ['groups that were taken away', { groups: ['admin'] }, { groups: [] }, (person) => person?.groups, []],
    [
      'a claim that policies read',
      { department: 'security' },
      { department: 'sales' },
      (person) => person?.claims['department'],
      undefined,
    ],
    [
      'a claim that was denied',
      { department: 'security' },
      { department: null },
      (person) => person?.claims['department'],
      undefined,
    ],
  ])(
    'does not come back from the id_token when it says nothing any more: %s',
    async (_what, claims, userinfo, read, left) => {
      await logIn({ claims });
      await withoutIdToken(userinfo);
      const person = await withoutIdToken({});
      expect([person?.user, read(person)]).toEqual([alice, left]);
    },
  );

  it('does not come back as the user name, and ends the session instead', async () => {
    await begin({ claims: { user: 'preferred_username' } });
    await logIn({ claims: { preferred_username: 'admin' } });
    expect((await withoutIdToken({ preferred_username: 'alice' }))?.user).toBe('alice');
    expect(await withoutIdToken({})).toBeUndefined();
  });

  it('is the only one that goes: other claims stay as in the ID token', async () => {
    await logIn({ claims: { department: 'sales', site: { name: 'north', floor: 2 } } });
    await withoutIdToken({ groups: ['dev'] });
    expect(await withoutIdToken({})).toMatchObject({
      user: alice,
      groups: [],
      claims: { department: 'sales', site: { name: 'north', floor: 2 } },
    });
  });

  it('applies to groups next to an unchanged address', async () => {
    await begin({
      claims: { user: 'email', email: 'user.email', emailVerified: 'user.verified', groups: 'user.groups' },
    });
    const user = { email: alice, verified: true, groups: ['admin'], department: 'security' };
    await logIn({ claims: { user } });
    expect(
      (await withoutIdToken({ user: { email: alice, groups: ['admin'], department: 'security' } }))?.groups,
    ).toEqual(['admin']);
    expect((await withoutIdToken({ user: { ...user, groups: ['dev'] } }))?.groups).toEqual(['dev']);
    expect(await withoutIdToken({ user: { email: alice, groups: ['dev'], department: 'sales' } })).toBeUndefined();
  });
});

describe('the subject', () => {
  it('is that of the ID token, and UserInfo about another user refuses the login', async () => {
    await begin({ userInfo: 'always' });
    for (const sub of ['sub-victim', undefined, ['sub-alice']])
      expect((await logIn({ userinfo: { sub } })).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('never comes from UserInfo, nor does the issuer', async () => {
    await begin({ userInfo: 'always' });
    await logIn({ userinfo: { iss: 'https://evil.example', aud: 'other', sid: 'sid-of-another' } });
    expect(await only()).toMatchObject({ sid: 'sid-1', identity: { issuer, subject: 'sub-alice' } });
    expect(await withoutIdToken({ iss: 'https://evil.example' })).toMatchObject({ issuer, subject: 'sub-alice' });
  });
});

describe('groups', () => {
  const elsewhere = {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: 'https://graph.example' } },
  };

  it('come from the same source as a reference to them elsewhere', async () => {
    await begin({ userInfo: 'always' });
    await logIn({ userinfo: elsewhere });
    expect(await identity()).toMatchObject({ groups: ['developers'] });
    expect(Object.keys((await identity())!.claims)).not.toEqual(expect.arrayContaining(['_claim_names']));
    await begin();
    await logIn({ claims: { groups: undefined, ...elsewhere }, userinfo: { groups: ['sre'] } });
    expect(await identity()).toMatchObject({ groups: ['sre'] });
    expect(Object.keys((await identity())!.claims)).not.toEqual(expect.arrayContaining(['_claim_names']));
  });

  it('that are now elsewhere are not taken from the last ID token', async () => {
    await logIn();
    expect(await withoutIdToken(elsewhere)).toBeUndefined();
  });

  it('are not merged from two sources', async () => {
    await begin({ userInfo: 'always', claims: { groups: 'realm.groups' } });
    await logIn({
      claims: { realm: { groups: ['a'] } },
      userinfo: { realm: { groups: ['b'] }, 'realm.groups': ['admins'] },
    });
    expect(await identity()).toMatchObject({ groups: ['a'] });
  });
});

describe('how and when the user was authenticated', () => {
  const strong = { acr: 'gold', amr: ['hwk'], auth_time: 1_700_000_000 };

  it('never comes from UserInfo', async () => {
    await begin({ userInfo: 'always' });
    await logIn({ claims: { auth_time: undefined }, userinfo: strong });
    const person = (await identity())!;
    expect([person.acr, person.amr, person.authTime, person.claims['acr'], person.claims['amr']]).toEqual([
      undefined,
      [],
      undefined,
      undefined,
      undefined,
    ]);
    const later = (await withoutIdToken(strong))!;
    expect([later.acr, later.amr, later.authTime, later.claims['acr'], later.claims['amr']]).toEqual([
      undefined,
      [],
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('never comes from a refreshed ID token, not even in claims', async () => {
    await logIn({ claims: { acr: 'silver', amr: ['pwd'] } });
    expect(await refresh({ claims: strong })).toMatchObject({
      acr: 'silver',
      amr: ['pwd'],
      claims: { acr: 'silver', amr: ['pwd'] },
    });
    expect(await refresh({ claims: { acr: undefined, amr: undefined, auth_time: undefined } })).toMatchObject({
      acr: 'silver',
      amr: ['pwd'],
      claims: { acr: 'silver', amr: ['pwd'] },
    });
  });

  it('still meets requirements if a refreshed ID token omits it, and never meets them by a refresh alone', async () => {
    await begin({ requireClaims: { acr: 'silver' } });
    await logIn({ claims: { acr: 'silver' } });
    expect(await refresh({ claims: { acr: undefined } })).toMatchObject({ acr: 'silver' });
  });
});
