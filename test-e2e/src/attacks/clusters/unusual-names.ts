import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectRefused, expectUnparsable, pods } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');

export function attackNames(): void {
  describe('A05: groups with commas in their names', () => {
    it('are sent one per line, never split', async () => {
      const { request } = await expectAccepted({ authorization: `Bearer ${attackFixture().tokens.eve}` });
      expect(request.header('impersonate-group').map(utf8)).toEqual([
        'developers',
        'cn=a,ou=b',
        'developers,system:masters',
        'Ärzte-開発',
      ]);
    });
  });

  describe('A06: names and lines with unusual bytes', () => {
    it.each([
      ['crlf@example.com', /control characters/],
      ['long@example.com', /longer than|more than/],
    ])('claims of %s end the login', async (user, why) => {
      await expect(attackFixture().gateway.login(user)).rejects.toThrow();
      const [event] = await attackFixture().gateway.audit.await(
        (record) => record.type === 'login.failed' && why.test(record.data.responseStatus?.message ?? ''),
      );
      expect(event!.data.responseStatus!.code).toBe(403);
    });

    it.each([
      ['CR', 'a\rb'],
      ['LF', 'a\nb'],
      ['NUL', 'a\0b'],
      ['a vertical tab', 'a\x0bb'],
      ['ESC', 'a\x1b[31mb'],
      ['DEL', 'a\x7fb'],
    ])('%s in a header is not HTTP', async (_what, value) => {
      await expectUnparsable({ lines: [`User-Agent: ${value}`] });
    });

    it.each([
      ['CR', 'a\rb'],
      ['NUL', 'a\0b'],
      ['a tab', 'a\tb'],
      ['a byte above 127', 'a\x80b'],
      ['raw UTF-8', 'a\xc3\xa4b'],
      ['a C1 control', 'a\x9bb'],
    ])('%s in the path is not HTTP', async (_what, name) => {
      await expectUnparsable({ target: `${pods}/${name}` });
    });

    it.each([
      ['NUL', '%00'],
      ['CR LF', '%0d%0a'],
      ['DEL', '%7f'],
      ['a C1 control', '%c2%9b'],
      ['no UTF-8', '%ff'],
      ['an overlong slash', '%c0%af'],
      ['a surrogate', '%ed%a0%80'],
    ])('an escaped %s in the path is refused', async (_what, name) => {
      await expectRefused({ target: `${pods}/a${name}b` }, 400, /target is refused/);
    });

    it('UTF-8 in the path is forwarded byte for byte', async () => {
      const { request } = await expectAccepted({ target: `${pods}/z%C3%B6e%E9%96%8B` });
      expect(request.url).toBe('/api/v1/namespaces/dev/pods/z%C3%B6e%E9%96%8B');
    });

    it('a header or path of 64 KiB is too long', async () => {
      await expectUnparsable({ lines: [`X-Long: ${'x'.repeat(64 * 1024)}`] }, 431);
      await expectUnparsable({ target: `${pods}/${'x'.repeat(66 * 1024)}` }, 431);
    });
  });
}
