import { describe, expect, it } from '@jest/globals';
import {
  expectWebAccepted,
  expectWebRefused,
  expectWebUnparsable,
  namesOf,
  type Effect,
} from '../fixtures/web-attack.ts';

/** A gateway that follows `Connection` forwards the request without what it names. */
const loses =
  (name: string): Effect =>
  ([seen]) =>
    seen !== undefined && !(name in seen.env);
const named = ['X-Webauth-User', 'x-webauth-user', 'Cookie', 'Host', 'Origin', 'X-Forwarded-For', 'Audit-Id'];
const refused: [string, string[]][] = [
  ['names a header behind close', ['Connection: close, X-Webauth-User']],
  ['names one behind a tab', ['Connection: keep-alive,\tX-Webauth-User']],
  ['names the assertion', ['Connection: X-Sallyport-Jwt-Assertion']],
  ['appears twice, the first one harmless', ['Connection: keep-alive', 'Connection: X-Webauth-User']],
  ['is empty', ['Connection:']],
  ['ends with a comma', ['Connection: keep-alive,']],
  ['has parameters', ['Connection: close;X-Webauth-User']],
  ['has a byte above 127', ['Connection: keep-alive\xa0']],
  ['asks for an upgrade to nothing', ['Connection: upgrade']],
];

export function attackWebConnection(): void {
  describe('W01: a Connection header that', () => {
    it.each(named)('names %s is refused', async (name) => {
      await expectWebRefused({ lines: [`Connection: ${name}`] }, 400, {
        says: /Connection/,
        ...(/^x-webauth/i.test(name) ? { effect: loses('X_WEBAUTH_USER') } : {}),
      });
    });

    it.each(refused)('%s is refused', async (_what, lines) => {
      await expectWebRefused({ lines }, 400, { says: /Connection|upgrade/ });
    });

    it('is folded over two lines is not HTTP', () =>
      expectWebUnparsable({ lines: ['Connection: keep-alive,', ' X-Webauth-User'] }));

    it('only names connection options is replaced', async () => {
      const { request } = await expectWebAccepted({
        lines: ['Connection: Keep-Alive', 'Keep-Alive: timeout=5', 'Proxy-Connection: X-Webauth-User'],
      });
      expect(request.header('x-webauth-user')).toEqual(['alice@example.com']);
      expect(request.header('connection')).toEqual(['keep-alive']);
      for (const name of ['keep-alive', 'proxy-connection', 'cookie2']) expect(namesOf(request)).not.toContain(name);
    });
  });
}
