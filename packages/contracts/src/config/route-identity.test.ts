import { describe, expect, it } from '@jest/globals';
import { routeIdentitySchema } from './route-identity.ts';

const faultsOf = (identity: unknown) =>
  routeIdentitySchema.safeParse(identity).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the identity of a route', () => {
  it('tells the application nothing by default', () => {
    expect(routeIdentitySchema.parse(undefined)).toEqual({
      jwt: false,
      pomeriumJwt: false,
      headers: {},
      groups: ['*'],
    });
    expect(faultsOf({ headers: { email: null }, kubernetes: null })).toBeUndefined();
  });

  it.each([
    'X-Forwarded-Email',
    'X-Forwarded-User',
    'x-forwarded-groups',
    'Remote-User',
    'X-WEBAUTH-USER',
    'X-Auth-Request-Email',
    'Email',
    'X-Pomerium-Claim-Email',
  ])('can use the header %s', (name) => expect(faultsOf({ headers: { email: name } })).toBeUndefined());

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Transfer-Anything',
    'Upgrade',
    'Host',
    'Cookie',
    'Set-Cookie',
    'Authorization',
    'AUTHORIZATION',
    'Content-Length',
    'Content-Type',
    'content-anything',
    'Expect',
    'X-Forwarded-For',
    'x-forwarded-for',
    'XForwardedFor',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'Forwarded',
    'X-Real-IP',
    'X-Original-URL',
    'Origin',
    'Referer',
    'Sec-Fetch-Mode',
    'If-Match',
    'Accept',
    'Access-Control-Request-Method',
    'Impersonate-User',
    'X-Remote-User',
    'X-Sallyport-Jwt-Assertion',
    'X-Sallyport-User',
    'X-Pomerium-Jwt-Assertion',
    'X-Pomerium-Authorization',
  ])('cannot use the header %s, which has another meaning', (name) =>
    expect(faultsOf({ headers: { user: name } })).toEqual([
      'headers.user: is a header with another meaning; choose one such as X-Forwarded-User or X-Auth-Request-Email',
    ]),
  );

  it.each([
    'X_Forwarded_Email',
    'X.User',
    'X-User ',
    'X--User',
    '-User',
    'X-User-',
    '9-User',
    'X-Üser',
    'X-User\r\nX-Admin',
    '',
  ])('cannot use %j, which is no header name that every server reads alike', (name) =>
    expect(faultsOf({ headers: { name } })).toContain(
      'headers.name: not a header name; use letters, digits and single hyphens',
    ),
  );

  it('cannot have one header for two fields, in any spelling', () => {
    expect(faultsOf({ headers: { user: 'X-Forwarded-User', email: 'x-forwarded-user' } })).toEqual([
      'headers.email: is the header of another field too',
    ]);
    expect(faultsOf({ headers: { user: 'X-Forwarded-User', groups: 'XForwarded-User' } })).toEqual([
      'headers.groups: is the header of another field too',
    ]);
  });

  it('needs clusters for a credential, by their names', () => {
    expect(faultsOf({ kubernetes: { clusters: ['dev', 'prod-1'] } })).toBeUndefined();
    expect(faultsOf({ kubernetes: { clusters: [] } })).toHaveLength(1);
    expect(faultsOf({ kubernetes: { clusters: ['*'] } })).toHaveLength(1);
    expect(faultsOf({ kubernetes: {} })).toHaveLength(1);
  });
});
