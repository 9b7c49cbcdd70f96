import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPlainBrowser, fillInForm } from '../../harness/index.ts';
import { bytesOf, exec, expectRefused, send, webSocket } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const page = 'Accept: text/html,application/xhtml+xml';
const own = (target: string, lines: string[], method = 'GET', host = '127.0.0.1') =>
  send(bytesOf({ method, target, host, authorization: undefined, lines: [...lines, 'Connection: close'] }));

/** Attacks on the page at `/`, where the browser's cookie counts, from addresses where it must not. */
export function attackLanding(): void {
  describe("A43: the browser's cookie and the page at /", () => {
    let cookie = '';
    beforeAll(async () => {
      const { gateway } = attackFixture();
      const browser = createPlainBrowser({ ca: gateway.caPem });
      await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?return_to=/`, {
        user: 'alice@example.com',
        password: 'alice',
      });
      cookie = `Cookie: __Host-sallyport=${browser.jar.get('sallyport-demo')!.value}`;
    });

    it('shows the page at exactly /, to a browser, which may keep and frame nothing of it', async () => {
      const reply = await own('/', [cookie, page]);
      expect([reply.code, reply.body.includes('alice@example.com')]).toEqual([200, true]);
      expect(reply.header('cache-control')).toEqual(['no-store']);
      expect(reply.header('vary')).toEqual(['Accept, Cookie']);
      expect(reply.header('content-security-policy')[0]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(reply.header('access-control-allow-origin')).toEqual([]);
      expect((await own('/', [cookie, page], 'HEAD')).code).toBe(200);
    });

    it.each([
      '//',
      '/./',
      '/.',
      '/..',
      '/%2e',
      '/%2f',
      '/%2e%2e/',
      '/;',
      '/\\',
      '/clusters/dev',
      '/clusters/dev/',
      '/clusters/dev/api/v1/pods',
      '/clusters/dev//',
      '/clusters/dev/%2e%2e/%2e%2e/',
      '/clusters/dev/../..',
      '/.sallyport/../clusters/dev/api/v1/pods',
      '/.sallyport/%2e%2e/clusters/dev/api/v1/pods',
      '/.sallyport/..',
      'http://127.0.0.1/',
      'https://127.0.0.1/clusters/dev/api/v1/pods',
    ])('does not count at %s, for a browser', async (target) => {
      const reached = attackFixture().dev.requests.length;
      const reply = await own(target, [cookie, page]);
      expect([target, reply.code >= 400 && reply.code < 500]).toEqual([target, true]);
      expect(reply.text).not.toContain('alice@example.com');
      expect(attackFixture().dev.requests.length).toBe(reached);
    });

    it("does not count on a cluster's host, where / is the cluster's", async () => {
      for (const target of ['/', '/?x', '/api', '/version'])
        await expectRefused({ authorization: undefined, host: 'dev.k8s.test', target, lines: [cookie, page] }, 401);
    });

    it('shows the page on no other host, and to no client of Kubernetes', async () => {
      for (const host of ['evil.example', '127.0.0.1.evil.example', 'dev.k8s.test.', 'localhost'])
        expect((await own('/', [cookie, page], 'GET', host)).text).not.toContain('<html');
      for (const lines of [[cookie], [cookie, 'Accept: application/json'], [cookie, 'Accept: */*']])
        expect((await own('/', lines)).text).not.toContain('<html');
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
        expect((await own('/', [cookie, page, 'Content-Length: 0'], method)).code).toBeGreaterThanOrEqual(400);
      const upgrade = await own('/', [cookie, page, ...webSocket]);
      expect([upgrade.code >= 400, upgrade.text.includes('<html')]).toEqual([true, false]);
      await expectRefused({ target: exec, authorization: undefined, lines: [...webSocket, cookie, page] }, 401);
    });

    it('ends nothing for a link, a prefetch, another site or a program', async () => {
      const { gateway } = attackFixture();
      const { sessions } = JSON.parse((await own('/.sallyport/api/v1/sessions', [cookie])).body) as {
        sessions: { id: string; current: boolean }[];
      };
      const { id } = sessions.find(({ current }) => current)!;
      const path = `/.sallyport/sessions/${id}/end`;
      for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
        expect((await own(path, [cookie, page, 'Sec-Purpose: prefetch'], method)).code).toBe(405);
      const { origin } = new URL(gateway.url);
      for (const lines of [
        [],
        ['Origin: null'],
        ['Origin: https://evil.example'],
        [`Origin: ${origin}.evil.example`],
        [`Origin: ${origin}`, 'Origin: https://evil.example'],
        [`Origin: ${origin}`, 'Sec-Fetch-Site: cross-site'],
        [`Origin: ${origin}`, 'Sec-Fetch-Site: same-site'],
      ])
        expect((await own(path, [cookie, page, 'Content-Length: 0', ...lines], 'POST')).code).toBe(403);
      expect((await own('/', [cookie, page])).body).toContain('alice@example.com');
      const ends = gateway.events({ type: 'session.revoked' }).map(({ data }) => data.sallyport.sessionId);
      expect(ends).not.toContain(id);
    });
  });
}
