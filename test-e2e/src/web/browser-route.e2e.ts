import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import { startWebApp, type WebApp } from '@sallyport/standalone/web-app';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { axeFaults } from '../pages/axe-faults.ts';
import { startBrowser } from '../pages/start-browser.ts';

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>;

/** What is promised is one second. */
const slackMs = 10_000;
const uploadMiB = 256;

describeWith(['chromium'], 'web applications in a real browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let apps: WebApp[];
  /** The authority of the certificate of the applications. */
  let ca: string;
  let browser: Browser;
  let context: BrowserContext;
  let loggedIn: Cookies | undefined;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'embedded', clusters: [practice.access] });
    apps = [await startWebApp(), await startWebApp()];
    for (const [index, name] of ['one', 'two'].entries())
      apps[index]!.trust({ issuer: gateway.url, audience: at(name), ca: gateway.caPem });
    const tls = await writeCertificate();
    const identity = { jwt: true, headers: { email: 'X-Forwarded-Email', groups: 'X-Forwarded-Groups' } };
    const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
    gateway.reconfigure((config) => {
      config['routes'] = [
        { name: 'Application one', from: at('one'), to: apps[0]!.address, tls, policy, identity },
        { from: at('two'), to: apps[1]!.address, tls, policy, identity },
        // Nothing listens there.
        { from: at('gone'), to: 'http://127.0.0.1:9', tls, policy },
      ];
    });
    browser = await startBrowser();
    await eventually('the routes to be in force', async () => (await askAt('one', {})).status === 401);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await Promise.all((apps ?? []).map((one) => one.close()));
    await practice?.stop();
  });
  afterEach(() => context?.close());

  /** The address of an application. Browsers resolve every name below `localhost` to this machine. */
  const at = (name: string) => `https://${name}.localhost:${new URL(gateway.url).port}`;
  /** Sends a request to the host of an application without the help of a browser. */
  const askAt = (name: string, headers: Record<string, string>) =>
    httpRequestOnce(`${gateway.url}/whoami`, {
      ca,
      headers: { host: new URL(at(name)).host, ...headers },
    });

  async function writeCertificate() {
    const authority = await createCertificateAuthority({ name: 'web applications' });
    ca = authority.caPem;
    const dnsNames = ['one', 'two', 'gone'].map((name) => `${name}.localhost`);
    const { certPem, keyPem } = await authority.issue({ commonName: 'applications', dnsNames, server: true });
    const files = {
      certFile: path.join(gateway.directory, 'app.crt'),
      keyFile: path.join(gateway.directory, 'app.key'),
    };
    writeFileSync(files.certFile, certPem);
    writeFileSync(files.keyFile, keyPem, { mode: 0o600 });
    return files;
  }
  async function open(storageState?: Cookies): Promise<Page> {
    context = await browser.newContext({ ignoreHTTPSErrors: true, ...(storageState ? { storageState } : {}) });
    context.setDefaultTimeout(60_000);
    return context.newPage();
  }
  async function fillIn(page: Page, name: string): Promise<void> {
    await page.fill('input[name=login]', `${name}@example.com`);
    await page.fill('input[name=password]', name);
    await page.click('button[type=submit]');
  }
  async function logIn(page: Page, name = 'alice', app = 'one'): Promise<void> {
    await page.goto(`${at(app)}/`);
    await fillIn(page, name);
    await page.waitForURL(`${at(app)}/`);
  }
  /** Opens a page in a browser in which alice has logged in. The first such browser logs in, and the others get its cookies. */
  async function openLoggedIn(): Promise<Page> {
    const page = await open(loggedIn);
    if (loggedIn) await page.goto(`${at('one')}/`);
    else await logIn(page);
    loggedIn ??= await context.storageState();
    return page;
  }
  const textOf = (page: Page, selector: string) => page.textContent(selector);
  const cookieAt = async (name: string) =>
    (await context.cookies(at(name))).find((one) => one.name === '__Host-sallyport-route');

  it('send a person to the login and back to where they were, and learn who it is', async () => {
    const page = await open();
    const answer = await page.goto(`${at('one')}/?tab=a%20b`);
    expect(new URL(page.url()).origin).toBe(gateway.provider.issuer());
    expect(answer!.status()).toBe(200);
    await fillIn(page, 'alice');
    await page.waitForURL(`${at('one')}/?tab=a%20b`);
    expect(await textOf(page, 'h1')).toBe('You are alice@example.com');
    expect(await textOf(page, 'main')).toMatch(
      /x-forwarded-email\s*alice@example\.com\s*x-forwarded-groups\s*developers/,
    );
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await cookieAt('one')).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
    expect(await axeFaults(page)).toEqual([]);
  });

  it('push by server-sent events and answer over a WebSocket', async () => {
    const page = await openLoggedIn();
    const ticks = new Set<string | null>();
    await eventually('the clock to tick twice', async () => ticks.add(await textOf(page, '#clock')).size > 2);
    await page.fill('#message', 'grüße');
    await page.click('#echo button');
    await eventually('the echo', async () => (await textOf(page, '#echoed')) === 'The server answers: grüße');
  });

  it('take a large upload from a page, every byte of it', async () => {
    const page = await openLoggedIn();
    const begun = performance.now();
    const answer = (await page.evaluate(`(async () => {
      const piece = new Uint8Array(1 << 20).map((_, index) => index * 7);
      const body = new Blob(Array(${uploadMiB}).fill(piece));
      return (await fetch('/upload', { method: 'POST', body })).json();
    })()`)) as { bytes: number; sha256: string };
    process.stderr.write(`measured: ${uploadMiB} MiB from a page: ${Math.round(performance.now() - begun)} ms\n`);
    const piece = new Uint8Array(1 << 20).map((_none, index) => index * 7);
    const hash = createHash('sha256');
    for (let count = 0; count < uploadMiB; count += 1) hash.update(piece);
    expect(answer).toEqual({ bytes: uploadMiB << 20, sha256: hash.digest('hex') });
  });

  it('need one login for both, and have a cookie each that is good at its own host only', async () => {
    const page = await openLoggedIn();
    const first = (await cookieAt('one'))!;
    expect(await cookieAt('two')).toBeUndefined();
    await page.goto(`${at('two')}/`);
    expect(await textOf(page, 'h1')).toBe('You are alice@example.com');
    const second = (await cookieAt('two'))!;
    expect(second.value).not.toBe(first.value);
    const headers = ({ name, value }: { name: string; value: string }) => ({ cookie: `${name}=${value}` });
    expect((await askAt('one', headers(first))).status).toBe(200);
    expect((await askAt('two', headers(first))).status).toBe(401);
    expect((await askAt('one', headers(second))).status).toBe(401);
    const own = await gateway.request('/.sallyport/me', { headers: { cookie: `__Host-sallyport=${first.value}` } });
    expect(own.status).toBe(401);
  });

  it('are not reached by scripts of each other with the cookie', async () => {
    const page = await openLoggedIn();
    await page.goto(`${at('two')}/whoami`);
    const sent = page.waitForResponse(`${at('one')}/upload`);
    await page.evaluate(
      `void fetch('${at('one')}/upload', { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x' }).catch(() => {})`,
    );
    expect([401, 403]).toContain((await sent).status());
    const outcome = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('${at('one').replace('https', 'wss')}/echo');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);
    expect(outcome).toBe('refused');
  });

  it('log a person out of all of them, ask first, and then answer scripts with 401 and pages with the login', async () => {
    const page = await open();
    await logIn(page);
    const other = await context.newPage();
    await other.goto(`${at('two')}/`);
    await page.click('a[href="/.sallyport/logout"]');
    expect(await textOf(page, 'h1')).toBe('Log out?');
    expect(page.url()).toBe(`${gateway.pagesUrl}/.sallyport/logout`);
    expect(await axeFaults(page)).toEqual([]);
    expect(await other.evaluate(`fetch('/whoami').then(({ status }) => status)`)).toBe(200);
    await page.click('main button');
    await page.waitForURL(`${gateway.provider.issuer()}/session/end?**`);
    await page.click('button[name=logout]');
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/signed-out**`);
    expect(await textOf(page, 'h1')).toBe('You are logged out');
    expect(await axeFaults(page)).toEqual([]);
    expect(await other.evaluate(`fetch('/whoami').then(({ status }) => status)`)).toBe(401);
    const asked: string[] = [];
    other.on('request', (request) => asked.push(request.url()));
    await other.goto(`${at('two')}/`);
    expect(asked.some((url) => url.startsWith(`${gateway.pagesUrl}/.sallyport/login?`))).toBe(true);
  });

  it('lose their streams when someone revokes the login, and end a WebSocket with the reason', async () => {
    const page = await open();
    await logIn(page);
    const other = await context.newPage();
    await other.goto(`${at('two')}/`);
    for (const one of [page, other]) {
      await one.evaluate(`(() => {
        globalThis.ended = {};
        socket.addEventListener('close', ({ code, reason }) => { ended.socket = { code, reason, at: Date.now() }; });
        clock.addEventListener('error', () => { ended.clock ??= { at: Date.now() }; });
      })()`);
      await eventually('the streams to be open', () => one.evaluate('socket.readyState + clock.readyState === 2'));
    }
    const bob = await gateway.person('bob@example.com');
    const listed = await bob.cli(['sessions', 'list', '--user', 'alice@example.com', '-o', 'json']);
    const { sessions } = JSON.parse(listed.stdout) as { sessions: { id: string; kind: string; createdAt: string }[] };
    const logins = sessions
      .filter(({ kind }) => kind === 'browser')
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
    expect((await bob.cli(['sessions', 'revoke', logins[0]!.id])).code).toBe(0);
    const revoked = await gateway.audit.await(
      ({ type, data }) => type === 'session.revoked' && data.sallyport.sessionId === logins[0]!.id,
    );
    const begun = Date.parse(revoked[0]!.time);
    for (const one of [page, other]) {
      type Ended = { socket: { code: number; reason: string; at: number }; clock: { at: number } };
      const ended = await eventually('both to end', () => one.evaluate<Ended>('ended.socket && ended.clock && ended'));
      const [socketMs, clockMs] = [ended.socket.at - begun, ended.clock.at - begun];
      process.stderr.write(
        `measured: from the event of "sessions revoke" to the end of a WebSocket: ${socketMs} ms, of server-sent events: ${clockMs} ms\n`,
      );
      expect(ended.socket).toMatchObject({ code: 1008, reason: expect.stringContaining('ended') });
      expect(Math.max(socketMs, clockMs)).toBeLessThan(slackMs);
      // It has tried again, and was refused.
      await eventually('the clock to give up', () => one.evaluate('clock.readyState === 2'));
    }
  });

  it('tell a person without the right what to do, and everyone when the application is away', async () => {
    const page = await open();
    const refused = async (name: string) => {
      const answer = await page.goto(`${at(name)}/`);
      expect(await axeFaults(page)).toEqual([]);
      return [answer!.status(), await textOf(page, 'h1'), await textOf(page, 'main')];
    };
    await logIn(page, 'mallory');
    expect(await refused('one')).toEqual([
      403,
      'This is not allowed',
      expect.stringMatching(/You are logged in as mallory@example\.com\.[\s\S]*Log out/),
    ]);
    await page.goto(`${gateway.pagesUrl}/`);
    expect(await textOf(page, 'main')).not.toMatch(/Application one|two\.localhost/);
    await context.close();
    const again = await open();
    await logIn(again);
    const away = await again.goto(`${at('gone')}/`);
    expect([away!.status(), await textOf(again, 'h1')]).toEqual([502, 'The application does not respond']);
    expect(await axeFaults(again)).toEqual([]);
    const stale = await again.goto(`${at('one')}/.sallyport/callback?code=${'x'.repeat(43)}`);
    expect([stale!.status(), await axeFaults(again)]).toEqual([400, []]);
    await again.goto(`${gateway.pagesUrl}/`);
    await again.click('a:has-text("Application one")');
    await again.waitForURL(`${at('one')}/`);
  });
});
