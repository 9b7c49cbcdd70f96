import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import {
  describeWith,
  startCli,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { expectGoodLooks, type ShownPage } from './expect-good-looks.ts';
import { startBrowser } from './start-browser.ts';

/** A logo of one pixel. */
const logo = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type DeviceCodes = { device_code: string; user_code: string };

describeWith(['chromium'], 'how the pages look and read in a real browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  /** Another gateway, with several identity providers to choose from, none of which responds, and with branding. */
  let choice: Gateway;
  let browser: Browser;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'embedded', clusters: [practice.access] });
    const provider = (id: string) => ({
      id,
      issuer: `https://${id}.example.com/realms/everybody-who-works-here`,
      clientId: 'sallyport',
    });
    const logoFile = path.join(gateway.directory, 'logo.png');
    writeFileSync(logoFile, logo);
    choice = await startGateway({
      mode: 'embedded',
      clusters: [practice.access],
      more: {
        identity: { providers: [provider('corp'), provider('partners'), provider('a-rather-long-name-of-a-provider')] },
        branding: {
          name: 'The Example Corporation of Somewhere',
          helpUrl: 'https://help.example.com/',
          accent: '#ffd400',
          logoFile,
        },
      },
    });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await practice?.stop();
    await gateway?.stop();
    await choice?.stop();
  });

  const corporation = 'The Example Corporation of Somewhere';
  const at = (where: string, of: Gateway = gateway) => `${of.pagesUrl}/.sallyport/${where}`;
  async function fillIn(page: Page, name = 'alice'): Promise<void> {
    await page.fill('input[name=login]', `${name}@example.com`);
    await page.fill('input[name=password]', name);
    await page.click('button[type=submit]');
  }
  async function logIn(page: Page): Promise<void> {
    await page.goto(at('login?return_to=/.sallyport/me'));
    await fillIn(page);
  }
  const beginDevice = async () =>
    (
      await gateway.request('/.sallyport/api/v1/device/code', {
        method: 'POST',
        body: 'cluster=dev',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': `sallyport-cli on ${'a-host-with-a-very-long-name-'.repeat(4)}`,
        },
      })
    ).json() as DeviceCodes;
  async function askApproval(page: Page): Promise<DeviceCodes> {
    const codes = await beginDevice();
    await page.goto(at(`device?user_code=${codes.user_code}`));
    await page.click('a.act');
    await fillIn(page);
    await page.waitForSelector('button[value=approve]');
    return codes;
  }
  const startLogin = () =>
    startCli(['login', '--gateway', gateway.url, '--ca-file', gateway.caFile, '--no-browser'], {
      home: path.join(gateway.directory, 'looks'),
    });

  /** Each page that people see, and how to open it. */
  const pages: Record<string, ShownPage> = {
    'choose-provider': { heading: 'Log in', by: corporation, open: (page) => page.goto(at('login', choice)) },
    'unknown-provider': {
      heading: 'Log in',
      by: corporation,
      open: (page) => page.goto(at('login?provider=nobody', choice)),
    },
    'provider-away': {
      heading: 'The identity provider does not respond',
      by: corporation,
      open: (page) => page.goto(at('login?provider=corp', choice)),
    },
    'no-such-page': {
      heading: 'There is no such page',
      by: corporation,
      open: (page) => page.goto(at('nothing', choice)),
    },
    'broken-link': {
      heading: 'This link does not work',
      open: (page) => page.goto(at('login?redirect_uri=http://127.0.0.1:1/x')),
    },
    start: {
      heading: 'Kubernetes access',
      scripts: 1,
      open: (page) => page.goto(`${gateway.pagesUrl}/`),
    },
    'start-logged-in': {
      heading: 'Your access',
      scripts: 2,
      open: async (page) => {
        await logIn(page);
        await page.goto(`${gateway.pagesUrl}/`);
      },
    },
    'demo-provider': {
      heading: 'Log in',
      by: 'Demo identity provider',
      open: (page) => page.goto(at('login')),
    },
    'demo-provider-filled': {
      heading: 'Log in',
      by: 'Demo identity provider',
      open: async (page) => {
        await page.goto(at('login'));
        await page.click('a.choice:has-text("bob@example.com")');
        await page.waitForURL(/as=bob/);
      },
    },
    'demo-provider-refuses': {
      heading: 'Log in',
      by: 'Demo identity provider',
      open: async (page) => {
        await page.goto(at('login'));
        await page.fill('input[name=login]', 'nobody');
        await page.fill('input[name=password]', 'x');
        await page.click('button');
      },
    },
    'asked-by-another-site': {
      heading: 'Log in?',
      open: async (page) => {
        await page.setContent(
          `<a href="${at('login?pomerium_redirect_uri=http://localhost:41234/')}">a page of another site</a>`,
        );
        await page.click('a');
        await page.waitForSelector('a.act');
      },
    },
    'logged-in': { heading: 'You are logged in', scripts: 1, open: logIn },
    'not-logged-in': { heading: 'You are not logged in', open: (page) => page.goto(at('me')) },
    'signed-out': { heading: 'You are logged out', open: (page) => page.goto(at('signed-out')) },
    'pomerium-sign-out': {
      heading: 'Log out?',
      open: async (page) => {
        await logIn(page);
        await page.goto(`${gateway.pagesUrl}/.pomerium/sign_out`);
      },
    },
    refused: {
      heading: 'This login is no longer valid',
      open: (page) => page.goto(at('callback?code=x&state=y')),
    },
    'device-code': { heading: 'Log in a device', open: (page) => page.goto(at('device')) },
    'device-wrong-code': {
      heading: 'Log in a device',
      open: async (page) => {
        await page.goto(at('device'));
        await page.fill('#user_code', 'bcdf ghjk');
        await page.click('button');
      },
    },
    'device-log-in': {
      heading: 'Log in a device',
      open: async (page) => page.goto(at(`device?user_code=${(await beginDevice()).user_code}`)),
    },
    'device-approve': { heading: 'Approve this device?', open: askApproval },
    'device-approved': {
      heading: 'The device is approved',
      open: async (page) => {
        await askApproval(page);
        await page.click('button[value=approve]');
      },
    },
    'device-denied': {
      heading: 'The device is denied',
      open: async (page) => {
        await askApproval(page);
        await page.click('button[value=deny]');
      },
    },
    'paste-code': {
      heading: 'Your code',
      open: async (page) => {
        const command = startLogin();
        const [, url] = await command.says(/^ {2}(http\S+redirect_uri=urn\S+)$/m);
        await page.goto(url!);
        await fillIn(page);
        await page.waitForSelector('#code');
        await command.stop();
      },
    },
    'login-done': {
      heading: 'You are logged in',
      open: async (page) => {
        const command = startLogin();
        const [, url] = await command.says(/^ {2}(http\S+redirect_uri=http\S+)$/m);
        await page.goto(url!);
        await fillIn(page);
        await page.waitForURL(/127\.0\.0\.1:\d+\/[\w-]+\/callback/);
        expect((await command.ended).code).toBe(0);
      },
    },
  };

  it.each(Object.keys(pages))(
    '%s: light and dark, narrow and wide, titled, labelled, with contrast, and without violations of its policy',
    async (name) => {
      await expectGoodLooks(browser, name, { by: gateway.url.replace('https://', ''), ...pages[name]! });
    },
  );
});
