import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { expectAccepted, expectAlice, expectRefused, expectUnparsable, whoAmI } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const plain = [
  'Impersonate-Constrained-Mode',
  'Impersonate-Users',
  'Impersonate-Extra',
  'Impersonate',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Remote-Uid',
  'X-Remote-Extra-scopes',
];
const odd = [
  'IMPERSONATE_USER',
  'impersonate_user',
  'Impersonate_Group',
  'Impersonate.User',
  'X_REMOTE_USER',
  'X.Remote.Group',
  'x-remote_user',
  'ImpersonateUser',
  'XRemoteUser',
  ..."!#$%&'*+.^_`|~".split('').flatMap((byte) => [`Impersonate${byte}User`, `${byte}Impersonate-User`]),
  '_-Impersonate-User',
  '--impersonate--user',
  'X--Remote--User',
  'Imp-ersonate-User',
];
const noNames = [
  'Impersonate-User ',
  ' Impersonate-User',
  'Impersonate User',
  'Impersonate\tUser',
  'Imperson\xe4te-User',
  'Impersonate-User\0',
  'Impersonate-User\x0b',
  'Impersonate(User',
  'Impersonate/User',
  '"Impersonate-User"',
];
// Names that other proxies and applications read. None of them is on the list of forwarded headers.
const leftBehind = [
  'HTTP_IMPERSONATE_USER',
  'Remote-User',
  'X-Forwarded-User',
  'X-Forwarded-Groups',
  'X-Auth-Request-User',
  'X-User',
  'X-Webauth-User',
  'X-Authenticated-Groups',
  'From',
  'Forwarded',
  'X-Real-IP',
  'X-Forwarded-For',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'Sallyport-Caller',
  'Sallyport-Origin',
  'Sallyport-Client-Address',
  'Audit-ID',
  'Via',
  'X-Forwarded-Client-Cert',
  'SSL-Client-Cert',
  'Cookie',
  'Authentication',
  'Dynamic-Authorization',
];

export function attackIdentityHeaders(): void {
  describe('A02 and A03: a header that requests an identity', () => {
    it.each(plain)('%s is refused', async (name) => {
      const { status } = await expectRefused({ lines: [`${name}: system:masters`] }, 403, /asks for an identity/);
      expect(status.reason).toBe('Forbidden');
    });

    it.each(odd)('%j is refused however it is written', async (name) => {
      await expectRefused({ lines: [`${name}: root`] }, 403, /asks for an identity/);
    });

    it.each(noNames)('%j is not a header name', async (name) => {
      await expectUnparsable({ lines: ['X-First: 1', `${name}: root`] });
    });

    it.each([[''], [' '], ['alice@example.com']])('is refused whatever its value (%j)', async (value) => {
      await expectRefused({ lines: [`X-Remote-User:${value}`] }, 403);
    });

    it.each(leftBehind)('%s is not forwarded', async (name) => {
      const { request } = await expectAccepted({ lines: [`${name}: system:masters`] });
      expectAlice(request);
      expect(request.header(name).join()).not.toContain('system:masters');
    });

    it('is not accepted in the trailers of a body', async () => {
      const { request } = await expectAccepted({
        method: 'POST',
        lines: ['Transfer-Encoding: chunked', 'Trailer: Impersonate-User'],
        body: '2;name=value\r\n{}\r\n0\r\nImpersonate-User: root\r\nAuthorization: Bearer x\r\n\r\n',
      });
      expectAlice(request);
      await eventually('the body', () => request.body().toString() === '{}');
      expect(request.connection.bytes().toString('latin1')).not.toMatch(/root|name=value|Trailer:/);
    });

    it('does not change the identity of alice at the real API server', async () => {
      const forged = leftBehind.filter((name) => !/override|url/i.test(name)).map((name) => `${name}: system:masters`);
      const { username, groups, extra } = await whoAmI(forged);
      expect(username).toBe('alice@example.com');
      expect(groups.toSorted()).toEqual(['developers', 'system:authenticated']);
      expect(Object.keys(extra ?? {})).toEqual(['sallyport.dev/session']);
    });
  });

  describe('A04: an identity that lacks something', () => {
    it('does not get it from the client', async () => {
      // mallory has no groups, and no header of hers may add one.
      const { tokens } = attackFixture();
      await expectRefused({ authorization: `Bearer ${tokens.mallory}`, lines: ['X-Remote-Group: developers'] }, 403);
      await expectRefused(
        { authorization: `Bearer ${tokens.mallory}`, lines: ['X-Groups: developers', 'Groups: developers'] },
        403,
        /There is no cluster "dev" that you may use/,
      );
      const { request } = await expectAccepted({ lines: ['Content-Length: 0', 'User-Agent: x', 'User-Agent: y'] });
      expectAlice(request);
    });
  });
}
