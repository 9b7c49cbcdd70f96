import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  answerLogin,
  eventually,
  httpRequestOnce,
  runCli,
  startCli,
  type RunningCommand,
} from '../../harness/index.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** Starts a login that waits for its browser, and returns where it listens. */
async function startLogin(): Promise<{ command: RunningCommand; home: string; callback: URL; state: string }> {
  const { gateway } = attackFixture();
  const home = mkdtempSync(path.join(gateway.directory, 'login-'));
  const command = startCli(['login', '--no-browser', '--gateway', gateway.url, '--ca-file', gateway.caFile], { home });
  const [url] = await command.says(/https?:\/\/\S+\/\.sallyport\/login\?\S+/);
  const query = new URL(url).searchParams;
  return { command, home, callback: new URL(query.get('redirect_uri')!), state: query.get('state')! };
}
const whoAmI = async (home: string) =>
  (JSON.parse((await runCli(['whoami', '-o', 'json'], { home })).stdout) as { user: string }).user;

export function attackLoopback(): void {
  describe('S09: the loopback listener of a program that waits for its login', () => {
    it("accepts no code of an attacker's login without its path and state, under another host, or by another method", async () => {
      const { command, home, callback, state } = await startLogin();
      const at = (where: URL, options: Parameters<typeof httpRequestOnce>[1] = {}) =>
        httpRequestOnce(where.href, options);
      const withCode = (change: (url: URL) => void) => {
        const url = new URL(callback.href);
        url.search = new URLSearchParams({ code: 'code-of-the-attacker', state }).toString();
        change(url);
        return url;
      };
      expect((await at(withCode((url) => url.searchParams.set('state', 'foreign-state')))).status).toBe(400);
      expect((await at(withCode((url) => url.searchParams.delete('state')))).status).toBe(400);
      expect(
        (
          await at(
            withCode((url) => {
              url.pathname = '/callback';
            }),
          )
        ).status,
      ).toBe(404);
      expect(
        (
          await at(
            withCode(() => {}),
            { headers: { host: `evil.example:${callback.port}` } },
          )
        ).status,
      ).toBe(404);
      expect(
        (
          await at(
            withCode(() => {}),
            { headers: { host: `localhost:${callback.port}` } },
          )
        ).status,
      ).toBe(404);
      expect(
        (
          await at(
            withCode(() => {}),
            { method: 'POST' },
          )
        ).status,
      ).toBe(404);
      expect(
        (
          await at(
            withCode((url) => {
              url.pathname = '/';
            }),
            { headers: { origin: 'https://evil.example' } },
          )
        ).headers['access-control-allow-origin'],
      ).toBeUndefined();
      await answerLogin(command, attackFixture().gateway, { user: 'alice@example.com', password: 'alice' });
      expect((await command.ended).code).toBe(0);
      expect(await whoAmI(home)).toBe('alice@example.com');
    });

    it('that gets an invented code creates no session, and reports it', async () => {
      const { command, home, callback, state } = await startLogin();
      callback.search = new URLSearchParams({ code: 'code-of-the-attacker', state }).toString();
      await httpRequestOnce(callback.href);
      const { code, stderr } = await command.ended;
      expect([code, stderr]).toEqual([6, expect.stringContaining('sallyport:')]);
      expect((await runCli(['whoami'], { home })).code).toBe(3);
    });

    it('of two concurrent logins only accepts its own code', async () => {
      const [one, two] = [await startLogin(), await startLogin()];
      expect([one.callback.pathname === two.callback.pathname, one.state === two.state]).toEqual([false, false]);
      two.callback.search = new URLSearchParams({ code: 'x', state: one.state }).toString();
      expect((await httpRequestOnce(two.callback.href)).status).toBe(400);
      await answerLogin(two.command, attackFixture().gateway, { user: 'bob@example.com', password: 'bob' });
      await answerLogin(one.command, attackFixture().gateway, { user: 'alice@example.com', password: 'alice' });
      await eventually('both to be logged in', async () =>
        (await Promise.all([one, two].map(({ command }) => command.ended))).every(({ code }) => code === 0),
      );
      expect([await whoAmI(one.home), await whoAmI(two.home)]).toEqual(['alice@example.com', 'bob@example.com']);
    });
  });
}
