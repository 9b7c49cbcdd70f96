import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
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
import { startHostileApp } from './start-hostile-app.ts';

/** `lax` allows Service Workers. `calm` is another application, which the first two attack. */
const names = ['strict', 'lax', 'calm'] as const;
type Name = (typeof names)[number];

describeWith(['chromium'], 'the scripts of a hostile web application, in a real browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let app: Awaited<ReturnType<typeof startHostileApp>>;
  let ca: string;
  let browser: Browser;
  let context: BrowserContext;
  let routes: { from: string; policy: unknown }[];
  const putRoutes = (list: unknown[]) => {
    gateway.reconfigure((config) => {
      config['routes'] = list;
    });
  };
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'embedded', clusters: [practice.access] });
    app = await startHostileApp();
    const authority = await createCertificateAuthority({ name: 'web applications' });
    ca = authority.caPem;
    const dnsNames = names.map((name) => new URL(at(name)).hostname);
    const { certPem, keyPem } = await authority.issue({ commonName: 'applications', dnsNames, server: true });
    const [certFile, keyFile] = ['app.crt', 'app.key'].map((file) => path.join(gateway.directory, file)) as [
      string,
      string,
    ];
    writeFileSync(certFile, certPem);
    writeFileSync(keyFile, keyPem, { mode: 0o600 });
    routes = names.map((name) => ({
      from: at(name),
      to: app.address,
      tls: { certFile, keyFile },
      policy: [{ allow: { or: [{ groups: 'developers' }] } }],
      ...(name === 'lax' ? { allowServiceWorkers: true } : {}),
    }));
    putRoutes(routes);
    browser = await startBrowser([certPem]);
    await eventually('the routes to be in force', async () => (await askAt('calm', '/')).status === 401);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    app?.close();
    await practice?.stop();
  });
  afterEach(async () => {
    await context?.close();
    app.stolen.length = 0;
  });

  const at = (name: Name) => `https://${name}.localhost:${new URL(gateway.url).port}`;
  const askAt = (name: Name, target: string, headers: Record<string, string> = {}, localAddress = '127.0.0.1') =>
    httpRequestOnce(`${gateway.url}${target}`, {
      ca,
      headers: { host: new URL(at(name)).host, ...headers },
      localAddress,
    });
  /** Returns the address that leads to a code for a secret, and the secret. */
  function chosen(name: Name): { nonce: string; way: string } {
    const nonce = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(nonce).digest('base64url');
    const host = Buffer.from(new URL(at(name)).hostname).toString('base64url');
    return { nonce, way: `${gateway.pagesUrl}/.sallyport/route/${host}/${challenge}/tab` };
  }
  /** Redeems a code as an attacker does who knows its secret and the user agent, on another machine. */
  const redeemElsewhere = async (page: Page, name: Name, code: string, nonce: string) =>
    askAt(
      name,
      `/.sallyport/callback?code=${code}`,
      {
        accept: 'text/html',
        cookie: `__Host-sallyport-begin=${nonce}`,
        'user-agent': await page.evaluate<string>('navigator.userAgent'),
      },
      '127.0.0.2',
    );
  async function logIn(name: Name, options: BrowserContextOptions = {}): Promise<Page> {
    context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    await page.goto(`${at(name)}/`);
    await page.fill('input[name=login]', 'alice@example.com');
    await page.fill('input[name=password]', 'alice');
    await page.click('button[type=submit]');
    await page.waitForURL(`${at(name)}/`);
    return page;
  }
  const register = (page: Page, script: string, options = {}) =>
    page.evaluate<string>(`navigator.serviceWorker.register('${script}', ${JSON.stringify(options)})
      .then(({ scope }) => new URL(scope).pathname, ({ name }) => name)`);
  async function openWithWorker(): Promise<Page> {
    const page = await logIn('lax');
    expect(await register(page, '/sw.js')).toBe('/');
    await page.waitForFunction('navigator.serviceWorker.controller?.state === "activated"');
    return page;
  }
  const steal = (page: Page) =>
    page.evaluate(`new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      navigator.serviceWorker.controller.postMessage('steal', [port2]);
    })`);
  /** Expects the person to be logged in, at an application that they have not opened yet too. */
  async function expectLoggedIn(page: Page): Promise<void> {
    const opened = await page.goto(`${at('calm')}/`);
    expect([opened!.status(), page.url(), await page.textContent('h1')]).toEqual([
      200,
      `${at('calm')}/`,
      'The application',
    ]);
  }

  it('get no Service Worker that controls the whole host, and one of a folder sees no code', async () => {
    const page = await logIn('strict');
    expect(await register(page, '/sw.js')).toBe('TypeError');
    expect(await register(page, '/folder/sw.js', { scope: '/' })).toBe('SecurityError');
    expect(await register(page, '/folder/sw.js', { scope: '/.sallyport/' })).toBe('SecurityError');
    expect(await register(page, '/folder/sw.js')).toBe('/folder/');
    // A worker that becomes active while a page loads does not control it.
    await page.waitForFunction(
      `navigator.serviceWorker.getRegistration('/folder/').then(({ active }) => active?.state === 'activated')`,
    );
    await page.goto(`${at('strict')}/folder/`);
    await page.waitForFunction('navigator.serviceWorker.controller?.state === "activated"');
    await steal(page);
    const opened = await page.goto(chosen('strict').way);
    expect([opened!.status(), app.stolen]).toEqual([400, []]);
    expect(page.url()).toContain(`${at('strict')}/.sallyport/callback?code=`);
  });

  it('cannot take a session out of the browser with a code that a Service Worker reads', async () => {
    const page = await openWithWorker();
    await steal(page);
    const { nonce, way } = chosen('lax');
    await page.goto(way);
    const code = await eventually('a stolen code', () => app.stolen[0]);
    const answer = await redeemElsewhere(page, 'lax', code, nonce);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([302, undefined]);
    const question = String(answer.headers['location']);
    expect(question).toMatch(new RegExp(`^${gateway.pagesUrl}/\\.sallyport/route-confirmation/`));
    // There, nobody is logged in.
    expect((await httpRequestOnce(question)).status).toBe(400);
    // A script can lead the person to the question. It names the address of the attacker.
    await page.goto(question);
    expect(await page.textContent('h1')).toBe('Is this you?');
    expect(await page.textContent('dl')).toContain('127.0.0.2 (not the address of this browser)');
    expect(await axeFaults(page)).toEqual([]);
    expect((await redeemElsewhere(page, 'lax', code, nonce)).status).toBe(400);
    await gateway.audit.await(
      ({ data }) => data.requestURI === '/.sallyport/callback' && data.sourceIPs?.[0] === '127.0.0.2',
    );
  });

  it('do not disturb a login at an application whose own Service Worker passes it on', async () => {
    const page = await openWithWorker();
    await context.clearCookies({ name: '__Host-sallyport-route' });
    const opened = await page.goto(`${at('lax')}/?x=1`);
    expect([opened!.status(), page.url(), opened!.fromServiceWorker()]).toEqual([200, `${at('lax')}/?x=1`, true]);
    expect(await page.textContent('h1')).toBe('The application');
  });

  it('leave a person whose browser shows something else with one click', async () => {
    const page = await logIn('strict');
    const begun = await askAt('calm', '/', { accept: 'text/html' });
    const [, value] = /begin=([\w-]{43});/.exec(String(begun.headers['set-cookie']))!;
    await context.addCookies([{ name: '__Host-sallyport-begin', value: value!, url: at('calm'), secure: true }]);
    const login = (await context.cookies(gateway.pagesUrl)).find(({ name }) => name === 'sallyport-demo');
    const issued = await httpRequestOnce(String(begun.headers['location']), {
      headers: { cookie: `${login!.name}=${login!.value}`, 'user-agent': 'another browser' },
    });
    await page.goto(String(issued.headers['location']));
    expect(await page.textContent('h1')).toBe('Is this you?');
    await page.click('main button');
    await page.waitForURL(`${at('calm')}/`);
    expect(await page.textContent('h1')).toBe('The application');
  });

  it('do not learn a code from a window that they open, and it is used up', async () => {
    const page = await logIn('strict');
    await context.clearCookies({ name: '__Host-sallyport-begin' });
    const { nonce, way } = chosen('strict');
    const came = context.waitForEvent('request', (request) => request.url().includes('/.sallyport/callback?code='));
    const watched = page.evaluate(`(async () => {
      const opened = open(${JSON.stringify(way)});
      const seen = [];
      for (let round = 0; round < 40; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        try { seen.push(opened.location.href); } catch { /* another origin, or another group of windows */ }
      }
      return seen.filter((address) => address.includes('code='));
    })()`);
    const code = new URL((await came).url()).searchParams.get('code')!;
    expect(await watched).toEqual([]);
    const answer = await redeemElsewhere(page, 'strict', code, nonce);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });

  it('get no code without the opening of a page', async () => {
    const page = await logIn('strict');
    const { way } = chosen('calm');
    const [ended, led]: [Set<string>, string[]] = [new Set(), []];
    for (const event of ['requestfinished', 'requestfailed'] as const)
      page.on(event as 'requestfinished', (request) => ended.add(request.url()));
    page.on('request', (request) => request.redirectedFrom() && led.push(request.url()));
    await page.evaluate(`(() => {
      new Image().src = '${way}1';
      void fetch('${way}2', { mode: 'no-cors', credentials: 'include' }).catch(() => {});
      document.body.append(Object.assign(document.createElement('iframe'), { src: '${way}3' }));
    })()`);
    await eventually('three answers', () => [1, 2, 3].every((number) => ended.has(`${way}${number}`)));
    expect(led).toEqual([]);
    await expectLoggedIn(page);
  });

  it('do not end the login of a person', async () => {
    const page = await logIn('strict');
    const sent = page.waitForResponse(`${at('strict')}/.sallyport/logout`);
    await page.evaluate(`Promise.allSettled([
      fetch('/.sallyport/logout', { method: 'POST' }),
      fetch('/.sallyport/logout'),
      fetch('${gateway.pagesUrl}/.sallyport/logout', { method: 'POST', mode: 'no-cors', credentials: 'include' }),
    ])`);
    expect((await sent).status()).toBe(303);
    await page.evaluate(`(() => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/.sallyport/logout' });
      document.body.append(form);
      form.submit();
    })()`);
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/logout`);
    expect(await page.textContent('h1')).toBe('Log out?');
    await expectLoggedIn(page);
  });

  it('lose what they keep in the browser when the person follows the link to the logout, and no cookie is cleared', async () => {
    const page = await openWithWorker();
    await page.evaluate(`localStorage.setItem('kept', '1'); document.cookie = 'own=1'`);
    await page.evaluate(`document.querySelector('a').click()`);
    await page.waitForURL(`${gateway.pagesUrl}/.sallyport/logout`);
    const cookies = (await context.cookies()).map(({ name }) => name);
    expect(cookies).toEqual(expect.arrayContaining(['own', 'sallyport-demo', '__Host-sallyport-route']));
    await page.goto(`${at('lax')}/`);
    expect(
      await page.evaluate(`navigator.serviceWorker.getRegistrations().then((all) => [all.length, localStorage.kept])`),
    ).toEqual([0, undefined]);
    await expectLoggedIn(page);
  });

  it('get no login that belongs to a connection, which others would use', async () => {
    const httpCredentials = { username: 'alice', password: 'secret' };
    const page = await logIn('strict', { httpCredentials });
    // Without a gateway in between, this browser takes the strongest scheme.
    await page.goto(`${app.address}/own-login`);
    expect([await page.textContent('body'), app.schemes]).toEqual(['you are alice', ['NTLM', 'NTLM']]);
    app.schemes.length = 0;
    await page.goto(`${at('strict')}/own-login`);
    expect([await page.textContent('body'), app.schemes]).toEqual(['you are alice by Basic', ['Basic']]);
    const first = `NTLM ${Buffer.from('NTLMSSP\0\x01\0\0\0\x01\x02\0\0').toString('base64')}`;
    const sent = await page.evaluate(`Promise.all(['${first}', 'Negotiate YII=', 'ntlm x'].map((authorization) =>
      fetch('/own-login', { headers: { authorization } }).then(({ status }) => status)))`);
    expect([sent, app.schemes]).toEqual([[400, 400, 400], ['Basic']]);
    await context.close();
    const other = await logIn('strict');
    for (let round = 0; round < 5; round += 1)
      expect(await other.evaluate(`fetch('/own-login?').then((answer) => answer.text())`)).toBe('you are unknown');
  });

  it.each([
    ['their route', () => routes.slice(1)],
    [
      'the right of the person',
      () => [{ ...routes[0]!, policy: [{ allow: { or: [{ groups: 'operators' }] } }] }, ...routes.slice(1)],
    ],
  ])('do not keep a stream open after %s is gone', async (_what, left) => {
    const page = await logIn('strict');
    await page.evaluate(`(() => {
      window.ended = [];
      window.opened = [];
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');
      socket.onopen = () => opened.push('WebSocket');
      socket.onclose = () => ended.push('WebSocket');
      const ticks = async (response) => {
        const reader = response.body.getReader();
        await reader.read();
        opened.push('body');
        while (!(await reader.read()).done);
      };
      fetch('/endless').then(ticks).catch(() => {}).then(() => ended.push('body'));
    })()`);
    await page.waitForFunction('opened.length === 2');
    expect(await page.evaluate('ended')).toEqual([]);
    putRoutes(left());
    try {
      await page.waitForFunction('ended.length === 2');
      const again = await page.evaluate(`fetch('/endless').then(({ status }) => status, () => 'failed')`);
      expect([401, 403, 404, 421]).toContain(again);
    } finally {
      putRoutes(routes);
      await eventually('the route to be back', async () => {
        const { headers } = await askAt('strict', '/', { accept: 'text/html' });
        return headers['location']?.includes('/.sallyport/route/') === true;
      });
      // Authorize may read the routes later than the gateway does.
      await eventually('the person to have the right again', async () => {
        const answer = await page.goto(`${at('strict')}/`);
        return answer?.status() === 200;
      });
    }
  });
});
