import { describe, expect, it } from '@jest/globals';
import { expectAccepted, expectAlice, expectRefused, expectUnparsable, metric } from '../fixtures/attack.ts';

const named = [
  'Impersonate-User',
  'impersonate-group',
  'Authorization',
  'Host',
  'Audit-ID',
  'Content-Length',
  'Transfer-Encoding',
  'Sallyport-Caller',
  'Cookie',
  'X-Forwarded-For',
  'HTTP2-Settings',
  'TE',
  'Trailer',
];
const refused: [string, string[]][] = [
  ...named.map((name): [string, string[]] => [`names ${name}`, [`Connection: ${name}`]]),
  ['names a header behind close', ['Connection: close, Impersonate-User']],
  ['names one without a space', ['Connection: keep-alive,Authorization']],
  ['names one behind a tab', ['Connection: keep-alive,\tAuthorization']],
  ['appears twice, the first one harmless', ['Connection: keep-alive', 'Connection: Impersonate-User']],
  ['appears twice with the same value', ['Connection: keep-alive', 'Connection: keep-alive']],
  ['is empty', ['Connection:']],
  ['is empty, then names a header', ['Connection:', 'Connection: Authorization']],
  ['is a comma', ['Connection: ,']],
  ['ends with a comma', ['Connection: keep-alive,']],
  ['is quoted', ['Connection: "keep-alive"']],
  ['has parameters', ['Connection: close;Authorization']],
  ['has a byte above 127', ['Connection: keep-alive\xa0']],
  ['asks for an upgrade to nothing', ['Connection: upgrade']],
];

export function attackConnection(): void {
  describe('A01: a Connection header that', () => {
    it.each(refused)('%s is refused', async (_what, lines) => {
      await expectRefused({ lines }, 400, /Connection|upgrade/);
    });

    it('is folded over two lines is not HTTP', () =>
      expectUnparsable({ lines: ['Connection: keep-alive,', ' Authorization'] }));

    it('only names connection options is replaced', async () => {
      const { request } = await expectAccepted({
        lines: ['Connection: Keep-Alive', 'Keep-Alive: timeout=5', 'Proxy-Connection: Authorization'],
      });
      expectAlice(request);
      expect(request.header('connection')).toEqual(['keep-alive']);
      for (const name of ['keep-alive', 'proxy-connection']) expect(request.header(name)).toEqual([]);
    });

    it('is refused counts as a 400', async () => {
      const before = await metric('sallyport_proxy_requests_total', '{cluster="",code="400"}');
      await expectRefused({ lines: ['Connection: Impersonate-User'] }, 400);
      expect(await metric('sallyport_proxy_requests_total', '{cluster="",code="400"}')).toBe(before + 1);
    });
  });
}
