import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import {
  describeWith,
  startCli,
  startGateway,
  startPractice,
  startRecordingUpstream,
  type Gateway,
  type PracticeAccess,
  type RecordingUpstream,
  type RunningCommand,
} from '../harness/index.ts';
import { startBrowser } from './start-browser.ts';

// A browser is slow on a busy machine.

describeWith(['chromium'], 'the pages in a real browser', () => {
  let practice: PracticeAccess;
  let upstream: RecordingUpstream;
  let gateway: Gateway;
  let browser: Browser;
  let context: BrowserContext;
  /** A page of another site, on another host. */
  let foreign: Server;
  let foreignUrl: string;
  let foreignPage = '';
  beforeAll(async () => {
    practice = await startPractice();
    upstream = await startRecordingUpstream();
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access, { name: 'recorded', ...upstream.access }],
    });
    browser = await startBrowser();
    foreign = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(foreignPage),
    ).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    foreignUrl = `http://localhost:${(foreign.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await browser?.close();
    foreign?.close();
    await practice?.stop();
    await upstream?.stop();
    await gateway?.stop();
  });
  afterEach(() => context?.close());

  async function open(): Promise<Page> {
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60_000);
    return context.newPage();
  }
  async function logIn(page: Page, name = 'alice'): Promise<void> {
    await page.goto(`${gateway.pagesUrl}/.sallyport/login?return_to=/.sallyport/me`);
    await page.fill('input[name=login]', `${name}@example.com`);
    await page.fill('input[name=password]', name);
    await page.click('button[type=submit]');
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/me`);
  }
  const whoami = async (page: Page) =>
    (
      await page.context().request.get(`${gateway.pagesUrl}/.sallyport/me`, { headers: { accept: 'application/json' } })
    ).status();

  it('log a person in, show who they are, and log them out', async () => {
    const page = await open();
    await logIn(page);
    expect(await page.textContent('main')).toMatch(/alice@example\.com[\s\S]*developers/);
    const [cookie, ...others] = (await context.cookies(gateway.pagesUrl)).filter(
      ({ name }) => name.startsWith('sallyport') && !name.includes('idp'),
    );
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ name: 'sallyport-demo', httpOnly: true, sameSite: 'Lax', path: '/' });
    expect(await page.evaluate('document.cookie')).not.toContain('sallyport-demo');
    await page.click('form[action$="/logout"] button');
    // Redirects to the provider, which asks for a confirmation, and back.
    await page.waitForURL(`${gateway.provider.issuer()}/session/end?**`);
    expect(new URL(page.url()).searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    expect(await whoami(page)).toBe(401);
    await page.click('button[name=logout]');
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/signed-out**`);
    expect(await page.textContent('h1')).toBe('You are logged out');
    const [ended] = await gateway.audit.await({ type: 'session.revoked', user: 'alice@example.com' });
    expect(ended!.data.sallyport.credentialKind).toBe('browser');
  });

  it("start at the gateway's own address and redirect to the login pages", async () => {
    const page = await open();
    await page.goto(`${gateway.url}/.sallyport/login?return_to=/.sallyport/me`);
    await page.fill('input[name=login]', 'bob@example.com');
    await page.fill('input[name=password]', 'bob');
    await page.click('button[type=submit]');
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/me`);
    expect(await page.textContent('main')).toContain('bob@example.com');
  });

  it('report what is wrong when a browser returns without having started a login', async () => {
    const page = await open();
    const answer = await page.goto(`${gateway.pagesUrl}/.sallyport/callback?code=x&state=y`);
    expect(answer!.status()).toBe(400);
    expect(await page.textContent('main')).not.toMatch(/at \w+ \(|Error:/);
  });

  it.each([
    ['was interrupted', '60', async (command: RunningCommand) => command.stop('SIGINT')],
    ['waited in vain', '2', async (command: RunningCommand) => command.ended],
  ])('end a login on a page of ours if its terminal %s', async (_how, timeout, end) => {
    const page = await open();
    const command = startCli(
      ['login', '--gateway', gateway.url, '--ca-file', gateway.caFile, '--no-browser', '--timeout', timeout],
      { home: path.join(gateway.directory, `gone-${timeout}`) },
    );
    const [, url] = await command.says(/^ {2}(http\S+redirect_uri=http\S+)$/m);
    await page.goto(url!);
    expect((await end(command)).code).not.toBe(0);
    await page.fill('input[name=login]', 'alice@example.com');
    await page.fill('input[name=password]', 'alice');
    await page.click('button[type=submit]');
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/callback?**`);
    expect(await page.textContent('main')).toMatch(/no longer waits for it\.[^]*Start it again there\./);
  });

  it('redirect a browser only to our own pages', async () => {
    const page = await open();
    for (const target of [
      'https://evil.example/',
      '//evil.example/x',
      '/clusters/dev/',
      '/.sallyport/../evil',
      'javascript:alert(1)',
    ]) {
      const answer = await page.goto(`${gateway.pagesUrl}/.sallyport/login?return_to=${encodeURIComponent(target)}`);
      expect([target, answer!.status()]).toEqual([target, 400]);
    }
  });

  it('do not let a form of another site log a person out, although the browser sends the cookie', async () => {
    const page = await open();
    await logIn(page);
    foreignPage = `<form method="post" action="${gateway.pagesUrl}/.sallyport/logout"><button>Win a prize</button></form>`;
    const other = await context.newPage();
    await other.goto(foreignUrl);
    const [answer] = await Promise.all([
      other.waitForResponse((response) => response.url().endsWith('/logout')),
      other.click('button'),
    ]);
    expect([401, 403]).toContain(answer.status());
    expect(await whoami(page)).toBe(200);
  });

  it('do not let a script on another port of the same host (same-site, with the cookie) log a person out', async () => {
    const page = await open();
    await logIn(page);
    foreignPage = '<p>a sibling';
    const other = await context.newPage();
    const sibling = foreignUrl.replace('localhost', '127.0.0.1');
    await other.goto(sibling);
    const sent = other.waitForResponse((response) => response.url().endsWith('/logout'));
    await other.evaluate(
      `void fetch(${JSON.stringify(`${gateway.pagesUrl}/.sallyport/logout`)}, { method: 'POST', credentials: 'include', mode: 'no-cors' }).catch(() => {})`,
    );
    expect((await sent).status()).toBe(403);
    expect(await whoami(page)).toBe(200);
  });

  it('ask before another site logs a person in for a program', async () => {
    const page = await open();
    await logIn(page);
    const sessions = async () => (await gateway.audit.await({ type: 'session.login' })).length;
    const before = await sessions();
    const login = `${gateway.pagesUrl}/.sallyport/login?${new URLSearchParams({ pomerium_redirect_uri: foreignUrl }).toString()}`;
    foreignPage = `<meta http-equiv="refresh" content="0; url=${login}"><img src="${login}"><iframe src="${login}"></iframe>`;
    const other = await context.newPage();
    await other.goto(foreignUrl);
    await other.waitForURL(`${gateway.pagesUrl}/.sallyport/login?**`);
    expect(await other.textContent('h1')).toBe('Log in?');
    expect(await other.textContent('main')).toContain(new URL(foreignUrl).host);
    expect(await sessions()).toBe(before);
    foreignPage = '<p>what waits on this machine';
    await other.click('a.act');
    await other.fill('input[name=login]', 'alice@example.com');
    await other.fill('input[name=password]', 'alice');
    await other.click('button[type=submit]');
    await other.waitForURL(`${foreignUrl}?pomerium_jwt=*`);
    expect((await sessions()) - before).toBe(1);
  });

  it("ignore their cookie on a cluster's address, for a request and for a WebSocket of another site", async () => {
    const page = await open();
    await logIn(page);
    const [cookie] = (await context.cookies(gateway.pagesUrl)).filter(({ name }) => name === 'sallyport-demo');
    await context.addCookies([
      {
        name: '__Host-sallyport',
        value: cookie!.value,
        url: gateway.url,
        secure: true,
        httpOnly: true,
        sameSite: 'None',
      },
    ]);
    const plain = await page.goto(`${gateway.url}/clusters/recorded/api/v1/namespaces/default/pods`);
    expect(plain!.status()).toBe(401);
    foreignPage = '<p>another site';
    await page.goto(foreignUrl);
    const outcome = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(`${gateway.url.replace('https', 'wss')}/clusters/recorded/api/v1/namespaces/default/pods/web/exec?command=id&stdout=true`)}, 'v5.channel.k8s.io');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);
    expect(outcome).toBe('refused');
    expect(upstream.requests).toEqual([]);
  });

  it('run no script, even if a name contains one, and cannot be framed', async () => {
    const page = await open();
    const answer = await page.goto(
      `${gateway.pagesUrl}/.sallyport/login?return_to=${encodeURIComponent('/x"><script>window.won=1</script>')}`,
    );
    expect(answer!.headers()['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(await page.evaluate('window.won')).toBeUndefined();
    foreignPage = `<iframe src="${gateway.pagesUrl}/.sallyport/me"></iframe>`;
    await logIn(page);
    await page.goto(foreignUrl);
    await page
      .frames()[1]!
      .waitForLoadState()
      .catch(() => undefined);
    expect(await page.frames()[1]!.content()).not.toContain('alice@example.com');
  });
});
