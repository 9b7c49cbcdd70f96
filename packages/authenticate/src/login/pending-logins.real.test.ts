import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createMemorySingleUseStore, type SingleUseStore } from '@sallyport/stores';
import { createAuthenticateApp } from '../app/create-authenticate-app.ts';
import { createBrowser, type Browser } from '../testing/test-browser.ts';
import { cliLogin, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createPendingLoginSealer } from './pending-login.ts';

const json = { accept: 'application/json' };
const oob = 'urn:ietf:wg:oauth:2.0:oob';
const pomeriumLogin = `/.sallyport/login?${new URLSearchParams({ pomerium_redirect_uri: 'http://localhost:4321/' }).toString()}`;

/** A small store that records what is written. */
let writes: string[];
let service: TestService;
beforeEach(async () => {
  const clock = { now: Date.now() };
  const store = createMemorySingleUseStore({ now: () => clock.now, maxPerKind: 5 });
  writes = [];
  const noting: SingleUseStore = {
    ...store,
    put: (kind, ...rest) => (writes.push(kind), store.put(kind, ...rest)),
    claim: (kind, ...rest) => (writes.push(kind), store.claim(kind, ...rest)),
    count: (kind, ...rest) => (writes.push(kind), store.count(kind, ...rest)),
  };
  service = await createTestService({}, { singleUse: noting, clock });
});

const cookieOf = (browser: Browser) => [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ');
/** Goes to the provider, and returns the path of the callback. */
const begin = async (path: string, browser: Browser = service.browser) =>
  `/.sallyport/callback?${new URLSearchParams(service.provider.logIn((await browser.get(path)).headers['location']!)).toString()}`;

describe('a flood of logins that are started but not completed', () => {
  it.each(['/.sallyport/login', cliLogin(), pomeriumLogin])(
    'ends no login of anybody else, and writes nothing (%s)',
    async (path) => {
      const back = await begin(path);
      for (let n = 0; n < 50; n += 1)
        await createBrowser(service.app).get('/.sallyport/login', { 'sallyport-client-address': `203.0.113.${n}` });
      expect(writes).toEqual([]);
      expect((await service.browser.get(back)).status).toBe(302);
    },
  );

  it('writes nothing for forged callbacks either', async () => {
    for (let n = 0; n < 20; n += 1) {
      const browser = createBrowser(service.app);
      const back = new URL(await begin('/.sallyport/login', browser), 'https://x');
      back.searchParams.set('code', 'made-up');
      const held = cookieOf(browser);
      for (let again = 0; again < 2; again += 1)
        expect((await browser.get(`${back.pathname}${back.search}`, { cookie: held })).status).toBe(403);
    }
    expect(writes).toEqual([]);
  });

  it('of codes to paste from one address does not affect another address', async () => {
    const paste = (verifier: string) => cliLogin({ redirect_uri: oob, code_challenge: hashToken(verifier) });
    service = await createTestService();
    await service.browser.get(paste('of-somebody-else'.repeat(3)), json);
    let refused = 0;
    for (let n = 0; n < 400; n += 1)
      refused += Number(
        (await service.elsewhere.get(paste(`flood ${n}`), { ...json, 'sallyport-client-address': '203.0.113.66' }))
          .status === 429,
      );
    expect(refused).toBe(100);
    expect((await throughProvider(service, paste('of-somebody-else'.repeat(3)))).text).toContain('class="paste"');
  });
});

describe('a pending login', () => {
  it('is sealed in its own cookie, and cannot be read, changed or moved to another login', async () => {
    const back = await begin(cliLogin());
    const [[name, value]] = [...service.browser.jar] as [[string, string]];
    const { nonce } = Object.fromEntries(new URL(back, 'https://x').searchParams);
    for (const secret of ['127.0.0.1', 'state-of-the-cli', 'corp', nonce ?? 'nonce'])
      expect(Buffer.from(value, 'base64url').toString('latin1') + value).not.toContain(secret);
    const at = value.length - 20;
    const changed = `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`;
    for (const one of [changed, value.slice(0, -4), '', 'x', `${value}AAAA`, 'k.1.k.AAAA'])
      expect((await service.browser.get(back, { cookie: `${name}=${one}` })).status).toBe(400);
    const other = createBrowser(service.app);
    const theirs = await begin('/.sallyport/login', other);
    const [theirName] = [...other.jar.keys()];
    expect((await other.get(theirs, { cookie: `${theirName}=${value}` })).status).toBe(400);
    expect((await service.browser.get(back, { cookie: `${name}=${value}` })).status).toBe(302);
  });

  it('completes once, even if the callback repeats or comes many times at once', async () => {
    const there = (await service.browser.get('/.sallyport/login')).headers['location']!;
    const cookie = cookieOf(service.browser);
    // Each has its own valid code, with the same state and nonce.
    const back = () => `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(there)).toString()}`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.browser.get(back(), { cookie })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      302,
      ...Array.from({ length: 7 }, () => 400),
    ]);
    expect((await service.browser.get(back(), { cookie })).status).toBe(400);
    expect(await service.sessions.list()).toHaveLength(1);
  });

  it('opens on another replica with the same key, completes once across both, and does not open with another key', async () => {
    const key = randomBytes(32);
    const replica = (ring: Parameters<typeof createPendingLoginSealer>[0]) =>
      createBrowser(createAuthenticateApp({ ...service.deps, pendingLogins: createPendingLoginSealer(ring) }));
    const [old, both, other] = [
      replica([{ id: 'a', key }]),
      replica([
        { id: 'b', key: randomBytes(32) },
        { id: 'a', key },
      ]),
      replica([{ id: 'a', key: randomBytes(32) }]),
    ];
    const back = await begin('/.sallyport/login', old);
    const cookie = cookieOf(old);
    expect((await other.get(back, { cookie })).status).toBe(400);
    expect((await both.get(back, { cookie })).status).toBe(302);
    expect((await old.get(back, { cookie })).status).toBe(400);
  });

  it('expires after ten minutes, even if its cookie does not', async () => {
    const back = await begin('/.sallyport/login');
    service.clock.now += 600_000;
    expect((await service.browser.get(back)).status).toBe(400);
  });

  it('keeps the user code of its device', async () => {
    const { user_code: code } = (await service.browser.post('/.sallyport/api/v1/device/code', json, {})).body as {
      user_code: string;
    };
    await begin(`/.sallyport/login?user_code=${code}`, service.elsewhere);
    expect(cookieOf(service.elsewhere)).not.toContain(code.replace('-', ''));
  });

  it('that does not fit into a cookie is refused, and of several large ones the newest remains', async () => {
    const large = (length: number) =>
      cliLogin({ redirect_uri: `http://127.0.0.1:1/${'a'.repeat(length)}`, state: 's'.repeat(500) });
    const answer = await service.browser.get(
      `${large(1000)}&acr_values=${'b'.repeat(200)}%20${'c'.repeat(200)}%20${'d'.repeat(200)}%20${'e'.repeat(200)}%20${'f'.repeat(200)}%20${'g'.repeat(200)}`,
    );
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
    for (let n = 0; n < 8; n += 1) {
      service.clock.now += 1000;
      await service.browser.get(large(900));
    }
    expect(cookieOf(service.browser).length).toBeLessThan(6500);
    expect((await throughProvider(service, large(901))).status).toBe(302);
  });
});

describe('the report of a flood', () => {
  const count = async (name: string) =>
    (await service.metrics.getSingleMetric(name)!.get()).values.reduce((sum, { value }) => sum + value, 0);

  it('is in the metrics, and in a single event', async () => {
    for (let n = 0; n < 310; n += 1)
      await createBrowser(service.app).get('/.sallyport/login', { 'sallyport-client-address': '203.0.113.66' });
    expect(await count('sallyport_logins_begun_total')).toBe(310);
    expect(service.events('login.failed')).toEqual([]);
    service.deps.monitor!.close();
    const [event, ...others] = service.events('login.failed');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      data: {
        user: {},
        sourceIPs: ['203.0.113.66'],
        sallyport: {
          aggregated: {
            count: 310,
            address: '203.0.113.66',
            cause: 'logins-begun',
            firstTimestamp: expect.stringMatching(/Z$/),
            lastTimestamp: expect.stringMatching(/Z$/),
          },
        },
      },
    });
  });

  it('is a single event for refused logins too, with the number of addresses', async () => {
    for (let n = 0; n < 400; n += 1)
      await service.elsewhere.get(cliLogin({ redirect_uri: oob, code_challenge: hashToken(`flood ${n}`) }), {
        ...json,
        'sallyport-client-address': '203.0.113.66',
      });
    for (let n = 0; n < 70; n += 1)
      await service.browser.post(
        '/.sallyport/api/v1/device/code',
        { ...json, 'sallyport-client-address': '203.0.113.67' },
        {},
      );
    service.deps.monitor!.close();
    expect(service.events('login.failed').map(({ data }) => data.sallyport.aggregated)).toMatchObject([
      { count: 470, addresses: 2, cause: 'logins-begun' },
      { count: 110, addresses: 2, cause: 'logins-refused' },
    ]);
    expect(await count('sallyport_logins_limited_total')).toBe(110);
  });

  it('is empty for normal logins', async () => {
    for (let n = 0; n < 20; n += 1)
      await exchange(service, {
        code: new URL((await throughProvider(service, cliLogin())).headers['location']!).searchParams.get('code')!,
      });
    service.deps.monitor!.close();
    expect(service.events('login.failed')).toEqual([]);
  });
});
