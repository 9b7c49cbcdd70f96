import { afterAll, beforeAll, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { describeWith, startGateway, startPractice, type Gateway, type PracticeAccess } from '../harness/index.ts';
import { expectGoodLooks, type ShownPage } from './expect-good-looks.ts';
import { startBrowser } from './start-browser.ts';

describeWith(['chromium'], 'how the pages of elevations look and read in a real browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let browser: Browser;
  beforeAll(async () => {
    practice = await startPractice();
    const entry = { clusters: ['*'], groups: ['prod-admins'], requesters: { groups: ['developers', 'sre'] } };
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [practice.access, { ...practice.access, name: 'staging' }],
      more: {
        elevations: [
          { ...entry, name: 'prod-admin', approvers: { groups: ['sre'] } },
          {
            ...entry,
            name: 'break-glass',
            approvals: 0,
            maxDuration: '15m',
            review: { by: { groups: ['sre'] } },
          },
          {
            ...entry,
            name: 'one-shop',
            namespaces: ['shop', 'pay-*'],
            ticket: { pattern: 'INC-*' },
            approvers: [{ allow: { and: [{ groups: 'sre' }, { max_age: '1s' }] } }],
          },
        ],
      },
    });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await practice?.stop();
    await gateway?.stop();
  });

  const at = (where: string) => `${gateway.pagesUrl}/.sallyport/${where}`;
  async function fillIn(page: Page, name = 'alice'): Promise<void> {
    await page.fill('input[name=login]', `${name}@example.com`);
    await page.fill('input[name=password]', name);
    await page.click('button[type=submit]');
  }
  /** Asks for an elevation as alice, on the pages. */
  async function elevate(page: Page, name: string): Promise<void> {
    await page.goto(at(`login?return_to=/.sallyport/elevations/new/${name}`));
    await fillIn(page);
    await page.waitForURL(at(`elevations/new/${name}`));
    const texts = { '#reason': `the shop is down ${'and-nobody-knows-why-'.repeat(20)}`, '#ticket': 'INC-1' };
    for (const [field, text] of Object.entries(texts)) await page.fill(field, text);
    if ((await page.locator('#namespace').count()) > 0) await page.fill('#namespace', 'pay-eu');
    await page.getByRole('button', { name: 'Ask for it' }).click();
    await page.waitForURL(/done=request/);
  }
  /** Asks as alice, and opens the page as bob. */
  async function elevateAndDecide(page: Page, name: string): Promise<void> {
    await elevate(page, name);
    const address = page.url().split('?')[0]!;
    await page.context().clearCookies();
    await page.goto(address);
    await fillIn(page, 'bob');
    await page.waitForURL(address);
  }

  /** Each page that people see, and how to open it. */
  const pages: Record<string, ShownPage> = {
    'start-elevated': {
      heading: 'Your access',
      scripts: 2,
      open: async (page) => {
        await elevate(page, 'break-glass');
        await page.goto(`${gateway.pagesUrl}/`);
      },
    },
    elevations: {
      heading: 'Elevations',
      scripts: 1,
      open: async (page) => {
        await elevateAndDecide(page, 'prod-admin');
        await page.goto(at('elevations'));
      },
    },
    'elevation-form': {
      heading: 'Ask for one-shop',
      open: async (page) => {
        await page.goto(at('login?return_to=/.sallyport/elevations/new/one-shop'));
        await fillIn(page);
        await page.fill('#reason', 'the shop is down');
        await page.fill('#namespace', 'pay-eu');
        await page.fill('#ticket', 'INC-1');
        await page.fill('#for', 'soon');
        await page.getByRole('button', { name: 'Ask for it' }).click();
        await page.waitForSelector('[role=alert]');
      },
    },
    'elevation-waiting': {
      heading: 'prod-admin on dev',
      scripts: 2,
      open: async (page) => {
        // It would reload while it is inspected.
        await page.addInitScript('globalThis.setInterval = () => 0');
        await elevate(page, 'prod-admin');
      },
    },
    'elevation-to-decide': {
      heading: 'prod-admin on dev',
      scripts: 1,
      open: (page) => elevateAndDecide(page, 'prod-admin'),
    },
    'elevation-needs-login': {
      heading: 'one-shop on dev/pay-eu',
      scripts: 1,
      open: async (page) => {
        await elevateAndDecide(page, 'one-shop');
        await page.waitForTimeout(2000);
        await page.reload();
        await page.waitForSelector('a.act');
      },
    },
    'elevation-active': {
      heading: 'break-glass on dev',
      scripts: 1,
      open: (page) => elevate(page, 'break-glass'),
    },
    'elevation-to-review': {
      heading: 'break-glass on dev',
      scripts: 1,
      open: (page) => elevateAndDecide(page, 'break-glass'),
    },
    'elevation-hidden': {
      heading: 'There is no such page',
      open: async (page) => {
        await page.goto(at('elevations/00000000-0000-4000-8000-000000000000'));
        await fillIn(page, 'mallory');
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
