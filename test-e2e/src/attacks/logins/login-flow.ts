import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createPlainBrowser } from '../../harness/index.ts';
import { exchangeCode, expectNoLogin, loginFixture, logInAtProvider, statusAt } from '../fixtures/login-fixture.ts';

const browser = () => createPlainBrowser({ ca: loginFixture().gateway.caPem, leaveAt: 'http://127.0.0.1:1/' });
const loginPage = (query = '') => `${loginFixture().gateway.pagesUrl}/.sallyport/login?provider=one${query}`;

/**
 * Returns the URL by which a browser returns from the provider, without opening it: the link that an attacker would send
 * to a victim.
 */
async function comeBack(from: ReturnType<typeof browser>, query = ''): Promise<string> {
  const callback = `${loginFixture().gateway.pagesUrl}/.sallyport/callback`;
  const stopping = createPlainBrowser({ ca: loginFixture().gateway.caPem, leaveAt: callback });
  for (const [name, cookie] of from.jar) stopping.jar.set(name, cookie);
  const { left } = await stopping.go(loginPage(query));
  for (const [name, cookie] of stopping.jar) from.jar.set(name, cookie);
  return left!;
}
const cookieOf = (one: ReturnType<typeof browser>) => one.jar.get('sallyport-demo')?.value;

function attackState(): void {
  it("started by an attacker cannot be completed in a victim's browser, even if that has started a login too", async () => {
    const [attacker, victim] = [browser(), browser()];
    const link = await comeBack(attacker);
    expect((await victim.go(link)).answer.status).toBe(400);
    await comeBack(victim);
    expect((await victim.go(link)).answer.status).toBe(400);
    expect(cookieOf(victim)).toBeUndefined();
    expect((await attacker.go(link)).answer.status).toBe(200);
  });

  it('can be completed once, and not again after a reload or from a log', async () => {
    const one = browser();
    const link = await comeBack(one);
    const jar = new Map(one.jar);
    expect((await one.go(link)).answer.status).toBe(200);
    const again = browser();
    for (const [name, cookie] of jar) again.jar.set(name, cookie);
    expect((await again.go(link)).answer.status).toBe(400);
    expect(cookieOf(again)).toBeUndefined();
  });

  it.each([
    ['no state', (link: URL) => link.searchParams.delete('state')],
    ['a foreign state', (link: URL) => link.searchParams.set('state', randomBytes(32).toString('base64url'))],
    ['two states', (link: URL) => link.searchParams.append('state', 'x')],
    ['two codes', (link: URL) => link.searchParams.append('code', 'x')],
    ['another issuer', (link: URL) => link.searchParams.set('iss', 'https://evil.example')],
    ['no issuer, though it is promised', (link: URL) => link.searchParams.delete('iss')],
  ])('with %s is refused', async (_what, change) => {
    const one = browser();
    const link = new URL(await comeBack(one));
    change(link);
    const { answer } = await one.go(link.href);
    expect([400, 403]).toContain(answer.status);
    expect(cookieOf(one)).toBeUndefined();
  });

  it('with the code of one provider and the state of another is refused (mix-up)', async () => {
    const { gateway, two } = loginFixture();
    two.lies = { back: (query) => ({ ...query, iss: loginFixture().one.issuer }) };
    const { left, answer } = await browser().go(`${gateway.pagesUrl}/.sallyport/login?provider=two`);
    expect([left, [400, 403].includes(answer.status)]).toEqual([undefined, true]);
  });
}

function attackCodes(): void {
  it.each([
    ['another nonce', { nonce: 'foreign' }],
    ['no nonce', { nonce: undefined }],
  ])('with a token that has %s is refused', async (_what, claims) => {
    loginFixture().one.lies = { claims };
    await expectNoLogin(/failed verification/);
  });

  it.each([
    ['another verifier', () => ({ code_verifier: randomBytes(32).toString('base64url') })],
    [
      'the challenge as its own verifier',
      (verifier: string) => ({ code_verifier: createHash('sha256').update(verifier).digest('base64url') }),
    ],
    ['no verifier', () => ({ code_verifier: '' })],
    ['another address', () => ({ redirect_uri: 'http://127.0.0.1:1/other' })],
    ['another kind of grant', () => ({ grant_type: 'refresh_token' })],
  ])('code with %s is worthless', async (_what, changes) => {
    const login = await logInAtProvider();
    const { status, body } = await exchangeCode(login, changes(login.verifier));
    expect([status, body.access_token]).toEqual([400, undefined]);
  });

  it.each([
    ['plain', 'plain'],
    ['no method', undefined],
    ['another', 'S512'],
  ])('is refused at once if its program requests PKCE with %s', async (_what, method) => {
    const query = new URLSearchParams({
      redirect_uri: 'http://127.0.0.1:1/callback',
      state: 'long-enough',
      code_challenge: 'A'.repeat(43),
      ...(method === undefined ? {} : { code_challenge_method: method }),
    });
    const { answer } = await browser().go(loginPage(`&${query.toString()}`));
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });

  it('code that is used twice ends the session that it created', async () => {
    const login = await logInAtProvider();
    const { body } = await exchangeCode(login);
    expect(await statusAt(body.access_token!)).toBe(200);
    expect((await exchangeCode(login)).status).toBe(400);
    expect(await statusAt(body.access_token!)).toBe(401);
    await loginFixture().gateway.audit.await(
      (record) => record.type === 'session.revoked' && record.data.sallyport.sessionId === body.session!.id,
    );
  });

  it('code that is used twenty times at once leaves no session', async () => {
    const login = await logInAtProvider();
    const got = await Promise.all(Array.from({ length: 20 }, () => exchangeCode(login)));
    const tokens = got.flatMap(({ body }) => body.access_token ?? []);
    expect(tokens.length).toBeLessThanOrEqual(1);
    for (const token of tokens) expect(await statusAt(token)).toBe(401);
  });
}

export function attackLogins(): void {
  describe('A23: a login', () => {
    attackState();
    attackCodes();
  });
}
