import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { startBrowser } from '../pages/start-browser.ts';

const hostile = '<img src=x onerror=alert(1)> \u202etxt.exe';
/** How recent the login of an approver of `strict` must be. */
const maxAgeMs = 15_000;

describeWith(['node', 'kubectl', 'chromium'], 'elevations in a real browser', () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let alice: Person;
  let browser: Browser;
  let foreign: Server;
  let contexts: BrowserContext[] = [];
  beforeAll(async () => {
    namespace = await createNamespace({ bound: false });
    await theBed().cluster!.admin.apply(
      roleBinding(namespace.name, 'developers', 'view'),
      roleBinding(namespace.name, 'prod-admins', 'edit'),
    );
    const pod = startPod(namespace.name, 'web', 'while true; do sleep 1; done');
    const entry = {
      clusters: ['*'],
      groups: ['prod-admins'],
      maxDuration: '30m',
      requesters: { groups: ['developers'] },
    };
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [await realClusterAccess()],
      more: {
        elevations: [
          { ...entry, name: 'prod-admin', approvers: { groups: ['sre'] } },
          {
            ...entry,
            name: 'strict',
            approvers: [{ allow: { and: [{ groups: 'sre' }, { max_age: `${maxAgeMs / 1000}s` }] } }],
          },
          {
            ...entry,
            name: 'break-glass',
            approvals: 0,
            review: { by: { groups: ['security-auditors'] }, within: '1h' },
          },
          { ...entry, name: 'for-sre', requesters: { groups: ['sre'] }, approvals: 0, namespaces: ['shop', 'pay-*'] },
        ],
      },
    });
    alice = await gateway.person('alice@example.com');
    browser = await startBrowser();
    // Another port of the same host is the same site, so the browser sends the cookie there.
    foreign = createServer(({ url = '' }, response) => {
      const target = decodeURIComponent(url.slice(1));
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="${target}"><button>Win a prize</button></form>`);
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    await pod;
  });
  afterAll(async () => {
    await browser?.close();
    foreign?.close();
    await gateway?.stop();
    await namespace?.remove();
  });
  afterEach(async () => {
    await Promise.all(contexts.map((one) => one.close()));
    contexts = [];
  });

  const home = (of = gateway.pagesUrl) => `${of}/.sallyport/elevations`;
  const deletePod = () => alice.tryKubectl(['delete', 'pod', 'web', '-n', namespace.name, '--wait=false']);
  async function open(options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    context.setDefaultTimeout(60_000);
    contexts.push(context);
    return context.newPage();
  }
  async function fillIn(page: Page, name: string): Promise<void> {
    await page.fill('input[name=login]', `${name}@example.com`);
    await page.fill('input[name=password]', name);
    await page.click('button[type=submit]');
  }
  async function ask(page: Page, name: string, reason: string): Promise<string> {
    await page.goto(`${home()}/new/${name}`);
    await page.fill('#for', '10m');
    await page.fill('#reason', reason);
    await page.getByRole('button', { name: 'Ask for it' }).click();
    await page.waitForURL(/elevations\/[0-9a-f-]{36}\?done=request$/);
    return /[0-9a-f-]{36}/.exec(page.url())![0];
  }
  const stateOf = async (page: Page) => (await page.textContent('dd'))!;

  it('are asked for on a page, approved over a link by another person, and used by plain kubectl', async () => {
    expect((await deletePod()).code).toBe(1);
    const asking = await open();
    await asking.goto(home());
    await fillIn(asking, 'alice');
    await asking.waitForURL(home());
    expect(await asking.locator('main').textContent()).not.toContain('for-sre');
    await asking.getByRole('link', { name: 'Ask for prod-admin' }).click();
    const id = await ask(asking, 'prod-admin', hostile);
    expect(await asking.textContent('[role=status]')).toBe('You have asked for this.');
    expect(await stateOf(asking)).toMatch(/^waits for approval \(0 of 1\)/);

    // A link as in a message: to the address of the gateway, opened by someone who is not logged in.
    const deciding = await open({ javaScriptEnabled: false });
    await deciding.goto(`${home(gateway.url)}/${id}`);
    await fillIn(deciding, 'bob');
    await deciding.waitForURL(`${home()}/${id}`);
    expect(await stateOf(deciding)).toMatch(/^waits for approval/);
    expect(await deciding.locator('main').textContent()).toContain('<img src=x onerror=alert(1)> \\u{202e}txt.exe');
    expect(await deciding.locator('img').count()).toBe(0);
    expect((await deletePod()).code).toBe(1);
    await deciding.fill('#note', 'go ahead');
    await deciding.getByRole('button', { name: 'Approve' }).click();
    await deciding.waitForURL(`${home()}/${id}?done=approve`);
    expect(await stateOf(deciding)).toMatch(/^active until/);

    // The page of the person who waits finds out by itself.
    const since = Date.now();
    await asking.waitForSelector('dd:has-text("active until")');
    process.stderr.write(`measured: from an approval to the page of who waits: ${Date.now() - since} ms\n`);
    expect(await deletePod()).toMatchObject({ code: 0 });
    await asking.goto(`${gateway.pagesUrl}/`);
    expect(await asking.locator('li', { hasText: 'prod-admin' }).textContent()).toContain('active until');

    await deciding.getByRole('button', { name: 'Revoke' }).click();
    await deciding.waitForURL(`${home()}/${id}?done=revoke`);
    expect(await stateOf(deciding)).toMatch(/^revoked by bob@example\.com/);
    const steps = await gateway.audit.await(
      ({ type, data }) => type === 'http.request' && data.requestURI.endsWith(`${id}/approve`),
    );
    expect(steps.at(-1)!.data).toMatchObject({
      verb: 'post',
      user: { username: 'bob@example.com' },
      responseStatus: { code: 303 },
    });
    const [approval] = await gateway.audit.await(
      ({ type, data }) => type === 'elevation.approved' && data.sallyport.elevation?.id === id,
    );
    expect(JSON.stringify(approval)).toContain('go ahead');
  });

  it('change by no link, no form of another origin, and for no one who may not see them', async () => {
    const asking = await open();
    await asking.goto(`${home()}/new/prod-admin`);
    await fillIn(asking, 'alice');
    await asking.waitForURL(/new\/prod-admin$/);
    const id = await ask(asking, 'prod-admin', 'for the attacks');
    const deciding = await open();
    await deciding.goto(`${home()}/${id}`);
    await fillIn(deciding, 'bob');
    await deciding.waitForURL(`${home()}/${id}`);
    for (const step of ['approve', 'deny', 'revoke'])
      expect((await deciding.goto(`${home()}/${id}/${step}`))!.status()).toBe(405);
    const { port } = foreign.address() as AddressInfo;
    for (const step of ['approve', 'deny']) {
      await deciding.goto(`http://127.0.0.1:${port}/${encodeURIComponent(`${home()}/${id}/${step}`)}`);
      const [answer] = await Promise.all([
        deciding.waitForResponse((response) => response.url().endsWith(step)),
        deciding.click('button'),
      ]);
      const sent = await answer.request().allHeaders();
      expect([answer.status(), sent['cookie'] !== undefined, sent['origin']]).toEqual([
        403,
        true,
        `http://127.0.0.1:${port}`,
      ]);
    }
    await deciding.goto(`${home()}/${id}`);
    expect(await stateOf(deciding)).toMatch(/^waits for approval \(0 of 1\)/);

    const mallory = await open();
    await mallory.goto(`${home()}/${id}`);
    await fillIn(mallory, 'mallory');
    await mallory.waitForURL(`${home()}/${id}`);
    const words = async () => (await mallory.textContent('main'))!;
    const hidden = await words();
    expect(hidden).toContain('There is no elevation with this ID, or you may not see it.');
    expect((await mallory.goto(`${home()}/00000000-0000-4000-8000-000000000000`))!.status()).toBe(404);
    expect(await words()).toBe(hidden);
    await mallory.goto(home());
    expect(await words()).toContain('There is none that you may ask for.');

    // The requester is told nothing else than that it waits, and takes it back. The page loads itself again now and then.
    // That interrupts a navigation of the test, and a click on a busy machine.
    await asking.waitForURL(`${home()}/${id}`);
    expect(await asking.getByRole('button').allTextContents()).toEqual(['Withdraw']);
    await eventually('the withdrawal', async () => {
      if ((await stateOf(asking)).startsWith('withdrawn by')) return true;
      await asking.getByRole('button', { name: 'Withdraw' }).click({ timeout: 5000 });
      await asking.waitForURL(`${home()}/${id}?done=withdraw`, { timeout: 5000 });
      return false;
    });
    expect(await stateOf(asking)).toMatch(/^withdrawn by alice@example\.com/);
  });

  it('are approved after another login where the policy asks for a recent one, and by a click of its own', async () => {
    const asking = await open();
    await asking.goto(`${home()}/new/strict`);
    await fillIn(asking, 'alice');
    await asking.waitForURL(/new\/strict$/);
    const id = await ask(asking, 'strict', 'a reason');
    const deciding = await open();
    await deciding.goto(`${home()}/${id}`);
    await fillIn(deciding, 'bob');
    await deciding.waitForURL(`${home()}/${id}`);
    await deciding.waitForSelector('button:has-text("Approve")');
    await new Promise((resolve) => setTimeout(resolve, maxAgeMs));

    await deciding.getByRole('button', { name: 'Approve' }).click();
    await deciding.waitForURL(`${home()}/${id}/approve`);
    expect(await deciding.textContent('[role=alert]')).toBe('This needs another login first.');
    expect(await deciding.getByRole('button').count()).toBe(0);
    expect(await stateOf(deciding)).toMatch(/^waits for approval \(0 of 1\)/);
    await deciding.getByRole('link', { name: 'Log in again' }).click();
    await deciding.waitForURL(/\/login\/[\w-]+$/);
    await fillIn(deciding, 'bob');
    await deciding.waitForURL(`${home()}/${id}`);
    expect(await stateOf(deciding)).toMatch(/^waits for approval \(0 of 1\)/);
    await deciding.getByRole('button', { name: 'Approve' }).click();
    await deciding.waitForURL(`${home()}/${id}?done=approve`);
    expect(await stateOf(deciding)).toMatch(/^active until/);
  });

  it('without approval are shown at the top of the start page, and reviewed on their own by another person', async () => {
    const asking = await open();
    await asking.goto(`${home()}/new/break-glass`);
    await fillIn(asking, 'alice');
    await asking.waitForURL(/new\/break-glass$/);
    const id = await ask(asking, 'break-glass', 'the shop is down');
    expect(await stateOf(asking)).toMatch(/^active until/);
    expect(await asking.getByRole('button').allTextContents()).toEqual(['Revoke', 'Ask for more time']);
    await asking.goto(`${gateway.pagesUrl}/`);
    expect(await asking.textContent('.note')).toMatch(
      /^Break-glass: break-glass is active on .* Everything you do is recorded\. Review: due at .*security-auditors\. End it/,
    );
    await asking.click('.note a');
    await asking.getByRole('button', { name: 'Revoke' }).click();
    await asking.waitForURL(`${home()}/${id}?done=revoke`);

    const reviewing = await open({ javaScriptEnabled: false });
    await reviewing.goto(`${gateway.pagesUrl}/.sallyport/login?return_to=/`);
    await fillIn(reviewing, 'carol');
    await reviewing.waitForURL(`${gateway.pagesUrl}/`);
    await reviewing.getByRole('link', { name: '1 elevation waits for your review' }).click();
    await reviewing.locator('li', { hasText: 'break-glass' }).getByRole('link').click();
    await reviewing.waitForURL(`${home()}/${id}`);
    await reviewing.fill('#comment', 'there was no incident');
    await reviewing.getByRole('button', { name: 'Not justified' }).click();
    await reviewing.waitForURL(`${home()}/${id}?done=review`);
    expect(await reviewing.locator('main').textContent()).toMatch(/unjustified, by carol@example\.com at/);
    const reviewed = await gateway.audit.await(
      ({ type, data }) => type === 'elevation.reviewed' && data.sallyport.elevation?.id === id,
    );
    expect(reviewed[0]!.data.user.username).toBe('carol@example.com');
  });
});
