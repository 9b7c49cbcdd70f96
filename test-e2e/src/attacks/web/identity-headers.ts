import { describe, expect, it } from '@jest/globals';
import {
  expectEffect,
  expectWebAccepted,
  expectWebRefused,
  namesOf,
  webBytes,
  webSocketLines,
  type Effect,
} from '../fixtures/web-attack.ts';
import { webFixture } from '../fixtures/web-fixture.ts';

/** An application that folds names, like CGI, takes the last of them. */
const isMallory: Effect = ([seen]) => seen?.env['X_WEBAUTH_USER'] === 'mallory';
const spellings = [
  'X-Webauth-User',
  'x-webauth-user',
  'X-WEBAUTH-USER',
  'X_Webauth_User',
  'X-Webauth_User',
  'x.webauth.user',
  "X'Webauth'User",
  'X!Webauth~User',
];
const usual = [
  'X-Sallyport-Jwt-Assertion',
  'X_Sallyport_Jwt_Assertion',
  'X-Pomerium-Claim-Email',
  'X-Forwarded-User',
  'X-Forwarded-Groups',
  'X-Auth-Request-Email',
  'Remote-User',
  'Remote_User',
  'X-WebAuth-Role',
  'X-Goog-Authenticated-User-Email',
  'Cf-Access-Authenticated-User-Email',
  'X-Ms-Client-Principal-Name',
  'X-MS-Token-AAD-Id-Token',
  'X-Apigateway-Api-Userinfo',
  'Tailscale-User-Login',
  'X-authentik-username',
  'X-Auth-User',
  'OIDC_CLAIM_sub',
  'X-SSL-Client-S-DN',
  'SSL_Client_Cert',
  'Client-Cert',
  'X-Amzn-Mtls-Clientcert-Subject',
  'X-ARR-ClientCert',
  'X-Forwarded-Client-Cert',
  'Sallyport-Route',
];
const ofTheWay = [
  'X-Forwarded-For',
  'X_Forwarded_For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Prefix',
  'X-Forwarded-Uri',
  'Forwarded',
  'Via',
  'X-Real-Ip',
  'True-Client-Ip',
  'Cf-Connecting-Ip',
  'X-Original-Url',
  'X-Original-Uri',
  'X-Rewrite-Url',
  'X-Override-Url',
  'X-Script-Name',
  'X-Host',
  'X-Scheme',
  'Front-End-Https',
  'Proxy',
  'X-Http-Method-Override',
  'X-Method-Override',
  'Audit-Id',
];

export function attackWebIdentityHeaders(): void {
  describe('W03: a header by which a client names its identity', () => {
    it.each(spellings)('(%s) is dropped, and the application gets one, of the session', async (name) => {
      const attack = { lines: [`${name}: mallory`] };
      const { request } = await expectWebAccepted(attack);
      expect(request.header('x-webauth-user')).toEqual(['alice@example.com']);
      expect(request.connection.bytes().toString('latin1')).not.toContain('mallory');
      await expectEffect(webBytes(attack), isMallory);
    });

    it.each(usual)('(%s) never passes, whether or not the route has one', async (name) => {
      const { request } = await expectWebAccepted({ lines: [`${name}: mallory`, `${name}: mallory`] });
      expect(request.rawHeaders).not.toContain('mallory');
    });

    it.each(ofTheWay)('is dropped or set anew, also where it names the way here (%s)', async (name) => {
      const { request } = await expectWebAccepted({ lines: [`${name}: 6.6.6.6`, `${name}: evil.example`] });
      expect(request.rawHeaders.join(' ')).not.toMatch(/6\.6\.6\.6|evil\.example/);
      expect(request.header('x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(request.header('x-forwarded-proto')).toEqual(['https']);
    });

    it.each(['Impersonate-User', 'Impersonate_User', 'impersonate-group', 'X-Remote-User', 'X_Remote_Group'])(
      '(%s) is refused',
      async (name) => {
        await expectWebRefused({ lines: [`${name}: root`] }, 403, { effect: ([seen]) => seen !== undefined });
      },
    );

    it('is dropped from a WebSocket too', async () => {
      const { request } = await expectWebAccepted(
        { lines: [...webSocketLines, 'X_Webauth_User: mallory', 'X-Webauth-Groups: admins'] },
        101,
      );
      expect(request.header('x-webauth-user')).toEqual(['alice@example.com']);
      expect(request.header('x-webauth-groups')).toEqual(['developers']);
      expect(request.rawHeaders.join(' ')).not.toMatch(/mallory|admins/);
    });

    it('is dropped where only a trailer carries it', async () => {
      const { request } = await expectWebAccepted({
        method: 'POST',
        lines: ['Transfer-Encoding: chunked', 'Trailer: X-Webauth-User'],
        body: '2\r\n{}\r\n0\r\nX-Webauth-User: mallory\r\n\r\n',
      });
      expect(request.connection.bytes().toString('latin1')).not.toMatch(/mallory|trailer/i);
    });
  });

  describe('W04: a header for which the identity has no value', () => {
    it('does not reach the application from a client', async () => {
      const lines = ['X-Webauth-Name: Mallory', 'X-Webauth-Groups: sre', 'X_Webauth_Groups: sre'];
      const attack = { cookie: webFixture().cookies.eve, lines };
      const { request } = await expectWebAccepted(attack);
      expect(request.header('x-webauth-user')).toEqual(['eve@example.com']);
      expect(namesOf(request).filter((name) => name.includes('groups'))).toEqual([]);
      expect(request.rawHeaders.join(' ')).not.toMatch(/sre|Mallory/);
      await expectEffect(webBytes(attack), ([seen]) => seen?.env['X_WEBAUTH_GROUPS'] === 'sre');
    });
  });
}
