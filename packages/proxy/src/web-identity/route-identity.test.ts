import { describe, expect, it } from '@jest/globals';
import { plainHeaderName } from '@sallyport/contracts';
import { userUid } from '@sallyport/kit';
import { identityKeyPem, verifyJwt } from '../testing/identity-keys.ts';
import { createApplicationTokens } from './application-token.ts';
import { createIdentityKeyRing } from './identity-key-ring.ts';
import { readIdentityKeys } from './identity-keys.ts';
import { createRouteIdentities, type IdentifiedRoute, type RouteCaller } from './route-identity.ts';

const gatewayOrigin = 'https://gate.example.com:8443';
const from = 'https://app.example.com:8443';
const start = 1_750_000_000_000;
const alice: RouteCaller = {
  identity: {
    provider: 'corp',
    issuer: 'https://idp.example.com',
    subject: 'alice-sub',
    user: 'alice@example.com',
    email: 'alice@example.com',
    name: 'Alice Example',
    groups: ['developers', 'sre'],
    amr: [],
  },
  session: { id: 'session-1', expiresAt: start + 12 * 3_600_000 },
  tokenHash: 'A'.repeat(43),
};
const everything = {
  user: 'X-Forwarded-User',
  email: 'X-Forwarded-Email',
  name: 'X-Forwarded-Name',
  groups: 'X-Forwarded-Groups',
};

function setUp(identity: Partial<IdentifiedRoute['identity']> = {}, more: { provider?: string } = {}) {
  const clock = { now: start };
  const now = () => clock.now;
  const keys = createIdentityKeyRing(readIdentityKeys(identityKeyPem()), { now, signedForMs: 660_000 });
  const tokens = createApplicationTokens({ keys, gatewayOrigin, now });
  const identityOf = createRouteIdentities({ signed: { keys, tokens }, gatewayOrigin, provider: more.provider, now });
  const settings = { jwt: false, pomeriumJwt: false, headers: {}, groups: ['*'], ...identity };
  const route = identityOf({ from, identity: settings });
  const headersFor = (changes: Partial<RouteCaller['identity']> = {}, caller: Partial<RouteCaller> = {}) => {
    const lines = route.linesFor({ ...alice, ...caller, identity: { ...alice.identity, ...changes } });
    const pairs = Array.from({ length: lines.length / 2 }, (_, index) => lines.slice(index * 2, index * 2 + 2));
    return Object.fromEntries(pairs) as Record<string, string>;
  };
  const verify = (token: string | undefined) =>
    verifyJwt(
      token ?? '',
      keys.published().map(({ jwk }) => jwk),
    );
  return { clock, keys, tokens, identityOf, settings, route, headersFor, verify };
}

describe('the headers of a route', () => {
  it('are none unless they are configured', () => {
    expect(setUp().headersFor()).toEqual({});
    expect(setUp({ headers: { email: 'Remote-Email' } }).headersFor()).toEqual({ 'Remote-Email': 'alice@example.com' });
    expect(setUp({ headers: everything }).headersFor()).toEqual({
      'X-Forwarded-User': 'alice@example.com',
      'X-Forwarded-Email': 'alice@example.com',
      'X-Forwarded-Name': 'Alice Example',
      'X-Forwarded-Groups': 'developers,sre',
    });
  });

  it('are left out where the identity has no value', () => {
    const { headersFor } = setUp({ headers: everything });
    expect(headersFor({ email: undefined, name: undefined, groups: [] })).toEqual({
      'X-Forwarded-User': 'alice@example.com',
    });
  });

  it.each([
    'Zoë',
    'Jürgen Groß',
    '\u202Eadmin',
    'a\r\nX-Admin: true',
    'a\nb',
    'a\0b',
    'a\tb',
    'a\u007Fb',
    ' admin',
    'admin ',
    '',
    '\u{1F600}',
    '\uD800',
  ])('never carry %j, which servers would read in different ways', (name) => {
    expect(setUp({ headers: everything }).headersFor({ name })).not.toHaveProperty('X-Forwarded-Name');
    const { headersFor } = setUp({ headers: everything });
    expect(headersFor({ user: name, email: name, groups: [name] })).toEqual({ 'X-Forwarded-Name': 'Alice Example' });
  });

  it.each([['cn=a,ou=b'], ['dev,system:masters'], ['Entwickler-Büro'], [' sre'], ['']])(
    'never carry a list with the group %j, in whole or in part',
    (group) => {
      const { headersFor } = setUp({ headers: everything });
      expect(headersFor({ groups: ['developers', group] })).not.toHaveProperty('X-Forwarded-Groups');
    },
  );

  it('carry the groups that the route lets through', () => {
    const { headersFor } = setUp({ headers: everything, groups: ['dev*', 'sre'] });
    expect(headersFor({ groups: ['developers', 'cn=a,ou=b', 'sre', 'sre-leads'] })['X-Forwarded-Groups']).toBe(
      'developers,sre',
    );
  });
});

describe('a header of the client that the route uses for the identity', () => {
  const { route } = setUp({ headers: { user: 'X-Company-User', email: 'Email' } });

  it.each([
    'x-company-user',
    'x_company_user',
    'x.company.user',
    'x-company_user',
    'x--company-user',
    'xcompanyuser',
    "x'company!user",
    '_x-company-user',
    'x-company-user.',
    'email',
    'e-mail',
    'e_mail',
  ])('does not reach the application if it is %s', (name) =>
    expect(route.isIdentityName(plainHeaderName(name))).toBe(true),
  );

  it.each([
    'accept',
    'authorization',
    'cookie',
    'user-agent',
    'x-request-id',
    'x-company',
    'email-format',
    'x-csrf-token',
    'remote',
  ])('reaches it if it is %s', (name) => expect(route.isIdentityName(plainHeaderName(name))).toBe(false));

  it('is dropped if it is Authorization and the application gets a credential of the person', () => {
    expect(setUp({ kubernetes: { clusters: ['dev'] } }).route.isIdentityName('authorization')).toBe(true);
  });
});

describe('the assertion', () => {
  it('is a JWT for this route, which the published keys verify', async () => {
    const { headersFor, verify } = setUp({ jwt: true });
    const token = headersFor()['X-Sallyport-Jwt-Assertion'];
    const { payload, header } = await verify(token);
    expect(header).toEqual({ alg: 'ES256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{43}$/) });
    expect(payload).toEqual({
      iss: gatewayOrigin,
      aud: from,
      sub: userUid(alice.identity),
      user: 'alice@example.com',
      email: 'alice@example.com',
      name: 'Alice Example',
      groups: ['developers', 'sre'],
      sid: 'session-1',
      iat: start / 1000,
      exp: start / 1000 + 300,
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  it('carries what headers cannot', async () => {
    const { headersFor, verify } = setUp({ jwt: true });
    const odd = { name: 'Zoë\r\nX-Admin: 1', groups: ['cn=a,ou=b', 'Büro'] };
    expect((await verify(headersFor(odd)['X-Sallyport-Jwt-Assertion'])).payload).toMatchObject(odd);
  });

  it('never outlives the session', async () => {
    const { headersFor, verify } = setUp({ jwt: true });
    const session = { id: 'session-1', expiresAt: start + 60_000 };
    const { payload } = await verify(headersFor({}, { session })['X-Sallyport-Jwt-Assertion']);
    expect(payload.exp).toBe(start / 1000 + 60);
  });

  it('is signed once, until it is half-way to its end', () => {
    const { clock, headersFor } = setUp({ jwt: true });
    const first = headersFor();
    clock.now += 150_000;
    expect(headersFor()).toEqual(first);
    clock.now += 1;
    expect(headersFor()).not.toEqual(first);
  });

  it.each([
    ['groups', { groups: ['developers'] }],
    ['a group of another name', { groups: ['developers', 'audit'] }],
    ['a name', { name: 'Alice Other' }],
    ['an e-mail address', { email: undefined }],
    ['a user', { user: 'mallory@example.com' }],
    ['a subject', { subject: 'other' }],
    ['an issuer', { issuer: 'https://other.example.com' }],
  ])('is signed again for %s that changed', async (_what, changes) => {
    const { headersFor, verify } = setUp({ jwt: true, headers: everything });
    const before = headersFor();
    const after = headersFor(changes);
    expect(after['X-Sallyport-Jwt-Assertion']).not.toBe(before['X-Sallyport-Jwt-Assertion']);
    const { sub, user } = (await verify(after['X-Sallyport-Jwt-Assertion'])).payload;
    const identity = { ...alice.identity, ...changes };
    expect({ sub, user }).toEqual({ sub: userUid(identity), user: identity.user });
  });

  it('is never that of another session or another route', async () => {
    const { headersFor, identityOf, settings, verify } = setUp({ jwt: true });
    const mine = headersFor()['X-Sallyport-Jwt-Assertion'];
    const other = { tokenHash: 'B'.repeat(43), session: { ...alice.session, id: 'session-2' } };
    const theirs = headersFor({}, other)['X-Sallyport-Jwt-Assertion'];
    expect((await verify(theirs)).payload.sid).toBe('session-2');
    const elsewhere = identityOf({ from: 'https://other.example.com', identity: settings }).linesFor(alice)[1];
    expect((await verify(elsewhere)).payload.aud).toBe('https://other.example.com');
    expect(new Set([mine, theirs, elsewhere]).size).toBe(3);
  });

  it('follows a change of the route at once', () => {
    const { headersFor, identityOf, settings } = setUp({ headers: everything });
    expect(headersFor()['X-Forwarded-Groups']).toBe('developers,sre');
    const narrowed = identityOf({ from, identity: { ...settings, groups: ['sre'] } });
    expect(narrowed.linesFor(alice)).toContain('sre');
    expect(narrowed.linesFor(alice)).not.toContain('developers,sre');
  });
});

describe('the assertion in the form of Pomerium', () => {
  const pomerium = { iss: 'app.example.com', aud: 'app.example.com' };

  it("has the route's host as issuer and audience, and the provider's subject", async () => {
    const { headersFor, verify } = setUp({ pomeriumJwt: true }, { provider: 'corp' });
    const { payload } = await verify(headersFor()['X-Pomerium-Jwt-Assertion']);
    expect(payload).toMatchObject({
      ...pomerium,
      sub: 'alice-sub',
      user: 'alice-sub',
      email: 'alice@example.com',
      sid: 'session-1',
    });
  });

  it('has a subject of our own where several providers could have the same', async () => {
    for (const provider of [undefined, 'other']) {
      const { headersFor, verify } = setUp({ pomeriumJwt: true }, provider === undefined ? {} : { provider });
      const { payload } = await verify(headersFor()['X-Pomerium-Jwt-Assertion']);
      expect(payload).toMatchObject({ ...pomerium, sub: userUid(alice.identity), user: userUid(alice.identity) });
    }
  });
});

describe('the credential for clusters', () => {
  it('names the session and the route, and is not an assertion', () => {
    const { headersFor, tokens } = setUp({ jwt: true, kubernetes: { clusters: ['dev'] } });
    const { Authorization: line = '', 'X-Sallyport-Jwt-Assertion': assertion = '' } = headersFor();
    const token = line.replace(/^Bearer /, '');
    expect(token).toMatch(/^spa_/);
    expect(tokens.verify(token)).toEqual({ tokenHash: alice.tokenHash, route: from });
    expect(Buffer.from(token.slice(4).split('.')[0]!, 'base64url').toString()).toContain('"sallyport-application+jwt"');
    expect(tokens.verify(assertion)).toBeUndefined();
    expect(tokens.verify(`spa_${assertion}`)).toBeUndefined();
  });

  it('is at least half-way from its end whenever a request brings it', () => {
    const { clock, headersFor, tokens } = setUp({ kubernetes: { clusters: ['dev'] } });
    for (let minute = 0; minute < 30; minute += 1) {
      const token = headersFor().Authorization!.slice('Bearer '.length);
      const asked = clock.now;
      clock.now += 300_000;
      expect(tokens.verify(token)).toBeDefined();
      clock.now = asked + 60_000;
    }
  });
});

it('refuses to leave out what it cannot sign', () => {
  const identityOf = createRouteIdentities({ signed: undefined, gatewayOrigin, provider: undefined, now: Date.now });
  const identity = { jwt: true, pomeriumJwt: false, headers: {}, groups: ['*'] };
  expect(() => identityOf({ from, identity }).linesFor(alice)).toThrow('identityKeyFile');
});
