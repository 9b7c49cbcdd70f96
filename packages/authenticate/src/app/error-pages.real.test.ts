import { beforeEach, describe, expect, it } from '@jest/globals';
import { problemTable } from '@sallyport/contracts';
import { problemWords } from '@sallyport/pages';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliLogin, throughProvider } from '../testing/test-login.ts';
import { issuer } from '../testing/test-provider.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

const provider = (id: string, name: string) => ({ id, name, issuer, clientId: 'sallyport', clientSecret: 's3cr3t' });
const several = { identity: { providers: [provider('corp', 'Example Corp'), provider('partners', 'Partners')] } };
const paste = cliLogin({ redirect_uri: 'urn:ietf:wg:oauth:2.0:oob' });
const pomerium = '/.sallyport/login?pomerium_redirect_uri=http%3A%2F%2Flocalhost%3A4321%2F';
const form = { origin: gateway, 'content-type': 'application/x-www-form-urlencoded' };
const denied = ({ state = '' }: Record<string, string>) => ({ state, error: 'access_denied', iss: issuer });

type Answer = { status: number; text: string };
let service: TestService;
const get = (path: string) => service.browser.get(path);
const away = () => {
  service.provider.lies.intercept = () => {
    throw new TypeError('fetch failed');
  };
};
const userCode = async () => {
  const { body } = await service.browser.post('/.sallyport/api/v1/device/code', { accept: 'application/json' }, {});
  return (body as { user_code: string }).user_code;
};
async function restart(sections: Record<string, unknown>) {
  service = await createTestService(sections);
}
beforeEach(() => restart({}));

/** Logs in for a device, and returns what the approval page posts. */
async function approval(): Promise<string> {
  const page = await throughProvider(service, `/.sallyport/login?user_code=${await userCode()}`);
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text)?.[1] ?? '';
  return new URLSearchParams({
    approval: field('approval'),
    user_code: field('user_code'),
    answer: 'approve',
  }).toString();
}

const terminal = 'belongs to a terminal or another program. Start it again there.';
const unknown = 'If a terminal or another program waits for this login, start it again there.';
const device = 'Start again on the device, then enter the new code';
const again = '<a class="act" href="/.sallyport/login">Log in again</a>';
const start = '<a href="/">Go to the start page</a>';
const another = 'Choose another identity provider</a>';

/** Each error that a browser can reach: how, the status, the heading, and what the page says and offers. */
const table: [what: string, open: () => Promise<Answer>, status: number, title: string, says: string[]][] = [
  ['an unknown address', () => get('/.sallyport/nothing'), 404, 'There is no such page', [start]],
  [
    'a wrong method',
    () => get('/.sallyport/login/cancel'),
    405,
    'This page cannot be opened directly',
    ['a button', start],
  ],
  [
    'a login without its parameters',
    () => get(cliLogin({ state: 'x' })),
    400,
    'This link does not work',
    ['The address is incomplete', unknown],
  ],
  [
    'a login that returns to another site',
    () => get('/.sallyport/login?return_to=https://evil.example'),
    400,
    'This link does not work',
    [unknown],
  ],
  [
    'an unknown provider',
    () => get('/.sallyport/login?provider=nobody'),
    404,
    'Log in',
    ['This identity provider does not exist here.', 'href="/.sallyport/login?provider=corp"'],
  ],
  [
    'a callback of no login, or of another browser',
    () => get('/.sallyport/callback?code=x&state=y'),
    400,
    'This login is no longer valid',
    ['took too long, was already used, or started in another browser', unknown, 'Log in in this browser'],
  ],
  [
    'a login that took too long',
    async () => {
      const there = await get('/.sallyport/login');
      service.clock.now += 601_000;
      const query = service.provider.logIn(there.headers['location']!);
      return get(`/.sallyport/callback?${new URLSearchParams(query).toString()}`);
    },
    400,
    'This login is no longer valid',
    [unknown],
  ],
  [
    'a provider that says no, in a browser',
    () => throughProvider(service, '/.sallyport/login', denied),
    403,
    'You could not be logged in',
    ['The identity provider corp denied the login.', again],
  ],
  [
    'a provider that says no, where there are several',
    async () => {
      await restart(several);
      return throughProvider(service, '/.sallyport/login?provider=corp', denied);
    },
    403,
    'You could not be logged in',
    ['The identity provider Example Corp denied', another, 'return_to=%2F.sallyport%2Fme&amp;choose=true'],
  ],
  [
    'a provider that says no, for a code to paste',
    () => throughProvider(service, paste, denied),
    403,
    'You could not be logged in',
    [terminal],
  ],
  [
    "a provider that says no, to a client of Pomerium's",
    () => throughProvider(service, pomerium, denied),
    403,
    'You could not be logged in',
    [terminal],
  ],
  [
    'a provider that says no, for a device',
    async () => throughProvider(service, `/.sallyport/login?user_code=${await userCode()}`, denied),
    403,
    'You could not be logged in',
    [device],
  ],
  [
    'a provider that does not respond',
    async () => {
      away();
      return get('/.sallyport/login');
    },
    503,
    'The identity provider does not respond',
    ['The identity provider corp cannot be reached', again],
  ],
  [
    'a provider that does not respond to a terminal, where there are several',
    async () => {
      await restart(several);
      away();
      return get(cliLogin({ provider: 'corp', max_age: '60' }));
    },
    503,
    'The identity provider does not respond',
    [
      'The identity provider Example Corp cannot be reached',
      another,
      'redirect_uri=http%3A%2F%2F127.0.0.1%3A41234%2Fcallback&amp;state=state-of-the-cli&amp;code_challenge=',
      '&amp;max_age=60&amp;choose=true',
      terminal,
    ],
  ],
  [
    'a login of a device whose code is wrong',
    () => get('/.sallyport/login?user_code=BCDF-GHJK'),
    400,
    'This login is no longer valid',
    ['No device is waiting with this code.', device, 'href="/.sallyport/device"'],
  ],
  [
    'a wrong code on the page for devices',
    () => get('/.sallyport/device?user_code=BCDF-GHJK'),
    404,
    'Log in a device',
    ['No device is waiting with this code. Check the code.', 'autofocus'],
  ],
  [
    'an approval that was already given',
    async () => {
      const answer = await approval();
      await service.browser.post('/.sallyport/device', form, answer);
      return service.browser.post('/.sallyport/device', form, answer);
    },
    400,
    'This login is no longer valid',
    ['The device is no longer waiting, or its code was already used.', device],
  ],
  [
    'an approval in another browser',
    async () => createBrowser(service.app).post('/.sallyport/device', form, await approval()),
    400,
    'This login is no longer valid',
    [device],
  ],
  [
    'an approval from another site',
    async () => service.browser.post('/.sallyport/device', { ...form, origin: 'https://evil' }, await approval()),
    403,
    'This is not allowed',
    [start],
  ],
  [
    'a page with a code to paste that no program asked for',
    () => throughProvider(service, paste),
    400,
    'This login is no longer valid',
    ['The program did not ask for this page itself', terminal],
  ],
  [
    'too many wrong codes',
    async () => {
      for (let tries = 0; tries < 10; tries += 1) await get('/.sallyport/device?user_code=BCDF-GHJK');
      return get('/.sallyport/device?user_code=BCDF-GHJK');
    },
    429,
    'Too many attempts',
    ['Wait ten minutes and try again.', start],
  ],
  [
    'devices that may not log in',
    async () => {
      await restart({ login: { device: false } });
      return get('/.sallyport/device');
    },
    404,
    'There is no such page',
    ['Device logins are disabled here.', start],
  ],
  ['nobody', () => get('/.sallyport/me'), 401, 'You are not logged in', ['href="/.sallyport/login?return_to=']],
  [
    'a logout without a session',
    () => service.browser.post('/.sallyport/logout', { origin: gateway }),
    401,
    'You are not logged in',
    ['<a class="act" href="/.sallyport/login">Log in</a>'],
  ],
];

describe('the page about an error', () => {
  it.each(table)('of %s', async (_what, open, status, title, says) => {
    const page = await open();
    expect([page.status, /<h1>([^<]*)<\/h1>/.exec(page.text)?.[1]]).toEqual([status, title]);
    for (const words of says) expect(page.text).toContain(words);
    expect(page.text).toContain(`<title>${title} - gate.example.com:8443</title>`);
    const read = page.text.replace(/<style>[^]*<\/style>|<p class="quiet">[^]*?<\/p>|<[^>]+>/g, ' ');
    expect(read).not.toMatch(/malformed|_uri|_code|code_|claim|RFC|undefined|\[object|state must/);
  });

  it('has words for every problem there is', () => {
    for (const [code, { title }] of Object.entries(problemTable)) {
      if (code === 'internal' || code === 'unknown-caller') continue;
      expect([code, problemWords(code).title]).not.toEqual([code, 'Something went wrong']);
      expect(problemWords(code).title).not.toMatch(/malformed|header|credential/);
      expect(title).not.toBe('');
    }
    expect(problemWords('internal').title).toBe('Something went wrong');
  });
});
