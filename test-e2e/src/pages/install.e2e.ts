import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import type { Browser, BrowserContext } from 'playwright-core';
import {
  describeWith,
  startCommand,
  startGateway,
  startPractice,
  theBed,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { theRelease } from '../release/installations.ts';
import { expectGoodLooks } from './expect-good-looks.ts';
import { startBrowser } from './start-browser.ts';

describeWith(['chromium', 'kubectl'], 'the command line from the gateway', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-install-'));
  let practice: PracticeAccess;
  let gateway: Gateway;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    const release = theRelease();
    [practice, browser] = await Promise.all([startPractice(), startBrowser()]);
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access],
      more: { downloads: { directory: (await release).directory } },
    });
    // The certificate comes from a CA that the browser does not know. Nothing on the page needs a script.
    context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
    context.setDefaultTimeout(60_000);
  });
  afterAll(async () => {
    await browser?.close();
    await practice?.stop();
    await gateway?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A terminal of a user with an empty home directory, who has nothing but kubectl and the programs of the system. */
  function openTerminal() {
    const home = path.join(directory, 'home');
    const programs = path.join(directory, 'programs');
    for (const one of [home, programs]) mkdirSync(one);
    symlinkSync(theBed().kubectl!, path.join(programs, 'kubectl'));
    const nothing = { SALLYPORT_HOME: undefined, KUBECONFIG: undefined, NODE_OPTIONS: undefined, DISPLAY: undefined };
    const env = { ...nothing, HOME: home, PATH: `${programs}:/usr/bin:/bin`, BROWSER: 'false' };
    return { home, type: (line: string) => startCommand('/bin/sh', ['-c', line], { cwd: home, env }) };
  }

  it('leads from the page to pods, by what it shows and the fingerprint that the operator gives', async () => {
    const { home, type } = openTerminal();
    const page = await context.newPage();
    await page.goto(`${gateway.url}/`);
    await page.getByRole('link', { name: 'Install the command line' }).click();
    expect(await page.textContent('h1')).toBe('Install the command line');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('main a[download]').first().click(),
    ]);
    await download.saveAs(path.join(home, download.suggestedFilename()));

    const [unpack = '', login = '', merge = '', getPods = ''] = await page.locator('.command').allTextContents();
    expect(await type(unpack).ended).toMatchObject({ code: 0, stderr: '' });
    const operator = new X509Certificate(gateway.caPem).fingerprint256;
    const loggingIn = type(login.replace('FINGERPRINT', operator));
    const [url] = await loggingIn.says(/https?:\/\/\S+\/\.sallyport\/login\?\S+/);
    await page.goto(url);
    await page.fill('input[name=login]', 'alice@example.com');
    await page.fill('input[name=password]', 'alice');
    await page.click('button[type=submit]');
    expect(await loggingIn.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('as alice@example.com') });
    expect(await type(merge).ended).toMatchObject({ code: 0 });
    const pods = await type(getPods).ended;
    expect(pods).toMatchObject({ code: 0, stderr: expect.not.stringContaining('rror') });

    const downloads = await gateway.audit.await(
      ({ type: kind, data }) => kind === 'http.request' && data.requestURI.startsWith('/.sallyport/install/'),
    );
    expect(downloads.at(-1)!.data).toMatchObject({ verb: 'get', user: {}, responseStatus: { code: 200 } });
  });

  it('does not begin with the fingerprint of another CA', async () => {
    const home = mkdtempSync(path.join(directory, 'stranger-'));
    const program = path.join(
      directory,
      'home',
      `sallyport-${sallyportVersion}-${process.platform}-${process.arch}`,
      'bin/sallyport',
    );
    const { host } = new URL(gateway.url);
    const args = ['login', host, '--ca-fingerprint', `sha256:${'ab'.repeat(32)}`];
    const refused = await startCommand(program, args, { env: { HOME: home, SALLYPORT_HOME: undefined } }).ended;
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('do not log in') });
  });

  it('looks like the other pages', async () => {
    const { host } = new URL(gateway.url);
    await expectGoodLooks(browser, 'install', {
      heading: 'Install the command line',
      by: host,
      scripts: 1,
      async open(page) {
        await page.goto(`${gateway.url}/.sallyport/install`);
        // What is for other systems is folded up.
        for (const one of await page.locator('summary').all()) await one.click();
      },
    });
  });
});
