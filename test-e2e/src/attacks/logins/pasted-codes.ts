import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { describe, expect, it } from '@jest/globals';
import { createPlainBrowser } from '../../harness/index.ts';
import { loginFixture } from '../fixtures/login-fixture.ts';

const oob = 'urn:ietf:wg:oauth:2.0:oob';

function pasteLogin() {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    provider: 'one',
    redirect_uri: oob,
    state: 'state-of-the-program',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { verifier, path: `/.sallyport/login?${query.toString()}` };
}

/** Sends a request to the gateway from another address of this machine, and returns the status. */
function askFrom(localAddress: string, path: string, headers: Record<string, string>): Promise<number> {
  const { gateway } = loginFixture();
  return new Promise((resolve, reject) => {
    request(
      `${gateway.url}${path}`,
      { ca: gateway.caPem, localAddress, agent: false, headers: { accept: 'application/json', ...headers } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
      },
    )
      .on('error', reject)
      .end();
  });
}

/** Returns what a person sees who completes the login in their browser, at 127.0.0.1. */
const pageOf = async (path: string) =>
  (await createPlainBrowser({ ca: loginFixture().gateway.caPem }).go(`${loginFixture().gateway.pagesUrl}${path}`))
    .answer;

export function attackPastedLogins(): void {
  describe('S21: the origin of a login with a pasted code', () => {
    it.each([
      ['a page of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
      ['a page of our own site', { 'sec-fetch-site': 'same-origin' }],
      ['a page that names its origin', { origin: 'https://evil.example' }],
    ])('is not changed by %s that the person has opened', async (_what, headers) => {
      const { path } = pasteLogin();
      expect(await askFrom('127.0.0.2', path, { 'user-agent': 'program-of-the-attacker' })).toBe(200);
      expect(await askFrom('127.0.0.1', path, headers)).toBe(403);
      const { status, text } = await pageOf(path);
      expect(status).toBe(200);
      expect(text).toContain('127.0.0.2 (not the address of this browser)');
      expect(text).toContain('program-of-the-attacker');
    });

    it('cannot be set by such a page either', async () => {
      const { path } = pasteLogin();
      expect(await askFrom('127.0.0.1', path, { 'sec-fetch-site': 'cross-site' })).toBe(403);
      const { status, text } = await pageOf(path);
      expect([status, text.includes('class="paste"')]).toEqual([400, false]);
    });

    it('is that of the first request, whoever asks later', async () => {
      const { path } = pasteLogin();
      expect(await askFrom('127.0.0.2', path, { 'user-agent': 'first' })).toBe(200);
      expect(await askFrom('127.0.0.1', path, { 'user-agent': 'first' })).toBe(409);
      expect(await askFrom('127.0.0.2', path, { 'user-agent': 'second' })).toBe(409);
      // With the headers of the fetch of Node.js.
      expect(await askFrom('127.0.0.2', path, { 'user-agent': 'first', 'sec-fetch-mode': 'cors' })).toBe(200);
      expect((await pageOf(path)).text).toContain('127.0.0.2 (not the address of this browser)');
    });

    it('is in the event of the session, next to the browser', async () => {
      const { gateway } = loginFixture();
      const { path, verifier } = pasteLogin();
      await askFrom('127.0.0.2', path, { 'user-agent': 'program' });
      const code = /<p class="paste"[^>]*>([^<]+)</.exec((await pageOf(path)).text)?.[1] ?? '';
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: oob,
      }).toString();
      const answer = await gateway.request('/.sallyport/token', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'program' },
      });
      const { session } = answer.json() as { session: { id: string } };
      const [event] = await gateway.audit.await(
        (record) => record.type === 'session.login' && record.data.sallyport.sessionId === session.id,
      );
      expect(event!.data.sallyport).toMatchObject({
        clientAddress: '127.0.0.1',
        approvedFrom: { clientAddress: '127.0.0.1' },
      });
    });
  });
}
