import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type Person,
  type PracticeAccess,
} from '../harness/index.ts';
import { startBrowser } from './start-browser.ts';

/** The directory for screenshots. Without it, none are taken. */
const pictures = process.env['SALLYPORT_SCREENSHOTS'];
const serious = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => id + ': ' + nodes[0].html))`;

describeWith(['chromium', 'kubectl'], 'the page at / in a real browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let alice: Person;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access, { ...practice.access, name: 'staging' }],
    });
    alice = await gateway.person('alice@example.com');
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await practice?.stop();
    await gateway?.stop();
  });
  afterEach(() => context?.close());

  async function open(): Promise<Page> {
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60_000);
    return context.newPage();
  }
  async function logIn(page: Page): Promise<void> {
    await page.goto(`${gateway.pagesUrl}/`);
    await page.click('a.act');
    await page.fill('input[name=login]', 'alice@example.com');
    await page.fill('input[name=password]', 'alice');
    await page.click('button[type=submit]');
    await page.waitForURL(`${gateway.pagesUrl}/`);
  }
  const watch = (cluster: string) =>
    alice.startKubectl(['get', 'pods', '-w', '--server', gateway.clusterUrl(cluster), '-n', 'dev']);
  async function look(page: Page, name: string): Promise<void> {
    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [320, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 720 });
        expect([colorScheme, width, await page.evaluate(serious)]).toEqual([colorScheme, width, []]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
        if (pictures === undefined) continue;
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({
          path: path.join(pictures, `landing-${name}-${colorScheme}-${width}.png`),
          fullPage: true,
        });
      }
  }

  it('says what this is to a browser that is not logged in, at both addresses of the gateway', async () => {
    const page = await open();
    for (const url of [gateway.url, gateway.pagesUrl]) {
      const answer = await page.goto(`${url}/`);
      expect([answer!.status(), await page.textContent('h1')]).toEqual([200, 'Kubernetes access']);
      expect(await page.textContent('main')).toContain('sallyport kubeconfig --merge');
      expect(await page.getAttribute('a.act', 'href')).toBe(`${gateway.pagesUrl}/.sallyport/login?return_to=/`);
    }
    await look(page, 'welcome');
  });

  it('shows clusters, streams and sessions after a login from it, and ends a stream by its button', async () => {
    const command = watch('staging');
    await command.says(/NAME/);
    const page = await open();
    await logIn(page);
    expect(await page.textContent('h1')).toBe('Your access');
    expect(await page.locator('.command').allTextContents()).toEqual(
      expect.arrayContaining([
        'kubectl --context sallyport-dev get pods',
        'kubectl --context sallyport-staging get pods',
        'sallyport kubeconfig --merge',
      ]),
    );
    const stream = page.locator('li', { hasText: 'pods -n dev' });
    expect(await stream.textContent()).toMatch(/watch\s+pods -n dev on staging/);
    await look(page, 'logged-in');
    const clickedAt = Date.now();
    await stream.getByRole('button', { name: 'End' }).click();
    await page.waitForURL(`${gateway.pagesUrl}/?done=stream`);
    expect(await page.textContent('[role=status]')).toBe('The stream has ended.');
    const { stderr, stdout } = await command.ended;
    process.stderr.write(`measured: from a click on End to the end of kubectl: ${Date.now() - clickedAt} ms\n`);
    expect(`${stdout}${stderr}`).toContain('You ended this stream.');
    expect(await page.locator('li', { hasText: 'pods -n dev' }).count()).toBe(0);
    const ended = JSON.parse((await alice.cli(['sessions', 'list', '--streams', '--ended', '-o', 'json'])).stdout) as {
      streams: { kind: string; reason?: string }[];
    };
    expect(ended.streams[0]).toMatchObject({ kind: 'watch', reason: 'ended-by-user' });
    const acts = await gateway.audit.await(
      ({ type, data }) => type === 'http.request' && data.requestURI.endsWith('/end'),
    );
    expect(acts.at(-1)!.data).toMatchObject({
      verb: 'post',
      user: { username: 'alice@example.com' },
      responseStatus: { code: 303 },
    });
  });

  it('ends another session with what is open in it, and logs out of its own', async () => {
    const page = await open();
    await logIn(page);
    await page.locator('li', { hasText: 'command line' }).first().getByRole('button', { name: 'End' }).click();
    await page.waitForURL(`${gateway.pagesUrl}/?done=session`);
    expect((await alice.cli(['whoami'])).code).toBe(3);
    await alice.login();
    await page.locator('.who').getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${gateway.provider.issuer()}/session/end?**`);
    await page.goto(`${gateway.pagesUrl}/`);
    expect(await page.textContent('h1')).toBe('Kubernetes access');
  });

  it('copies a command with one click where scripts run, and selects it where they do not', async () => {
    const page = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: gateway.pagesUrl });
    await page.goto(`${gateway.pagesUrl}/`);
    await page.getByRole('button', { name: 'Copy sallyport kubeconfig --merge' }).click();
    await eventually(
      'the command to be copied',
      async () => (await page.evaluate('navigator.clipboard.readText()')) === 'sallyport kubeconfig --merge',
    );
    await context.close();
    context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(`${gateway.pagesUrl}/`);
    expect(await plain.getByRole('button').count()).toBe(0);
    expect(await plain.evaluate("getComputedStyle(document.querySelector('.command')).userSelect")).toBe('all');
  });
});
