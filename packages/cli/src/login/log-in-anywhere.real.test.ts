import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { browse, createRig, type Rig } from '../testing/rig.ts';
import type { Environment } from '../environment/environment.ts';

let gateway: FakeGateway;
let rig: Rig;
let stdin: PassThrough & { isTTY?: boolean };
const begin = (changes: Partial<Environment> = {}) => {
  stdin = new PassThrough();
  rig = createRig({ stdin, ...changes });
};
beforeEach(async () => {
  gateway = await startFakeGateway();
  begin();
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const login = (...args: string[]) => rig.run('login', '--gateway', gateway.origin, ...args);
const pastePage = (text: string) => /^ {2}(http\S+redirect_uri=urn\S+)$/m.exec(text)?.[1] ?? '';
/** Opens the page on another machine, and pastes the result of `change` for the code that it shows. */
function pasteFrom(change: (code: string) => string[]): void {
  rig.onErr = (text) => {
    const page = pastePage(text);
    if (page !== '')
      void browse(page).then((shown) =>
        change(/<p class="paste">([^<]+)</.exec(shown)![1]!).forEach((line) => stdin.write(line)),
      );
  };
}

describe('a login with a pasted code', () => {
  it('needs no redirect to this machine, and ends without more input', async () => {
    pasteFrom((code) => [`  ${code} \r\n`]);
    const { code, out, err } = await login('--no-browser');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('as alice@example.com') });
    expect(err).toMatch(
      /^Open this page in a browser on this machine:\n\n {2}http\S+redirect_uri=http%3A%2F%2F127\S+\n\nOr, if your browser is on another machine, this one, which shows a code:\n\n {2}http\S+redirect_uri=urn\S+\n\nThen paste the code here and press Enter\.\n/,
    );
    expect(rig.opened).toEqual([]);
    expect(stdin.destroyed).toBe(true);
    expect(out + err + gateway.raw.join()).not.toContain([...gateway.sessions.keys()][0]);
  });

  it('accepts another try after a wrong paste', async () => {
    pasteFrom((code) => ['\n', 'nonsense\n', `${code.slice(0, 5)}`, `${code.slice(5)}\n`]);
    const { code, err } = await login('--no-browser');
    expect(code).toBe(0);
    expect(err.match(/did not accept the login/g)).toHaveLength(1);
    expect(err).toContain('Paste the code again');
  });

  it('keeps waiting for the local browser if the input ends', async () => {
    stdin.end();
    rig.onErr = (text) => {
      const here = /^ {2}(http\S+redirect_uri=http\S+)$/m.exec(text)?.[1];
      if (here !== undefined) setTimeout(() => void browse(here), 50);
    };
    expect((await login('--no-browser')).code).toBe(0);
  });

  it('gives up in time without an answer', async () => {
    expect(await login('--no-browser', '--timeout', '1')).toMatchObject({
      code: 6,
      err: expect.stringContaining('the login was not finished within 1 seconds'),
    });
  });

  it.each([
    ['has it switched off', 403],
    ['is asked for it too often from here', 429],
  ])('is not offered if the gateway %s', async (_what, status) => {
    gateway.override = ({ path: asked, query }) =>
      asked === '/.sallyport/login' && query.get('redirect_uri')!.startsWith('urn:')
        ? { status, body: { detail: 'not now' } }
        : undefined;
    rig.onErr = (text) => void browse(/^ {2}(http\S+)$/m.exec(text)![1]!);
    const { code, err } = await login('--no-browser');
    expect([code, pastePage(err)]).toEqual([0, '']);
  });

  it('is offered over SSH with a terminal, and not without one', async () => {
    for (const [isTTY, env, offered] of [
      [true, { SSH_CONNECTION: 'x' }, true],
      [true, {}, true],
      [true, { DISPLAY: ':0' }, false],
      [false, {}, false],
    ] as const) {
      begin({ platform: 'linux' });
      stdin.isTTY = isTTY;
      Object.assign(rig.environment.env, env);
      const { code, err } = await login();
      expect([isTTY, env, code, pastePage(err) !== '']).toEqual([isTTY, env, 0, offered]);
      expect(err.includes('--device')).toBe(!offered && !('DISPLAY' in env));
      rig.remove();
    }
  });
});

describe('sallyport login --device', () => {
  it('prints page and code, polls at the given interval, and gets the credential', async () => {
    gateway.device.answers = ['authorization_pending', 'slow_down', 'authorization_pending'];
    const pauses: number[] = [];
    begin({ sleep: (ms) => (pauses.push(ms), Promise.resolve()) });
    const { code, out, err } = await login('--device', '--cluster', 'dev');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('as alice@example.com') });
    expect(err).toBe(
      `Open this page in a browser on any machine:\n\n  ${gateway.origin}/.sallyport/device\n\nand enter this code:\n\n  BCDF-GHJK\n\nOr open this page, which already contains the code:\n\n  ${gateway.origin}/.sallyport/device?user_code=BCDF-GHJK\n\n`,
    );
    expect(pauses).toEqual([5000, 5000, 10_000, 10_000]);
    expect(gateway.device.asked.map((form) => Object.fromEntries(form))).toEqual([
      { cluster: 'dev' },
      ...Array.from({ length: 4 }, () => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: 'spd_0123456789abcdef',
      })),
    ]);
    expect(rig.opened).toEqual([]);
    expect((await rig.run('whoami')).code).toBe(0);
  });

  it.each([
    ['access_denied', 'the login was denied on the approval page'],
    ['expired_token', 'the login was not approved in time'],
    ['something_else', 'the gateway did not accept the login: x'],
  ])('reports how it ended: %s', async (error, words) => {
    gateway.device.answers = ['authorization_pending', error];
    expect(await login('--device')).toMatchObject({ code: 6, out: '', err: expect.stringContaining(words) });
  });

  it('continues if the gateway is down for a moment, and not if it refuses', async () => {
    gateway.device.answers = [
      { status: 503, body: { detail: 'away' } },
      { status: 429, body: {} },
    ];
    expect((await login('--device')).code).toBe(0);
    gateway.device.answers = [{ status: 403, body: { detail: 'no' } }];
    expect((await login('--device', '--force')).code).toBe(5);
  });

  it('ends with --timeout, or when the code expires', async () => {
    const clock = { now: Date.now() };
    begin({ now: () => clock.now, sleep: (ms) => ((clock.now += ms), Promise.resolve()) });
    gateway.device.answers = Array.from({ length: 100 }, () => 'authorization_pending');
    expect((await login('--device', '--timeout', '20')).err).toContain('the login was not approved in time');
    expect(gateway.device.asked).toHaveLength(5);
    await login('--device', '--timeout', '9999');
    expect(gateway.device.asked).toHaveLength(5 + 61);
  });

  it('tells what to do if the gateway does not offer it', async () => {
    gateway.override = ({ path: asked }) =>
      asked.endsWith('/device/code') ? { status: 404, body: { detail: 'off' } } : undefined;
    expect(await login('--device')).toMatchObject({
      code: 5,
      err: expect.stringContaining('sallyport login --no-browser'),
    });
  });

  it.each([
    ['a page that is not https', { verification_uri: 'http://evil.example.com/' }, 6],
    ['a program', { verification_uri_complete: 'file:///bin/sh' }, 6],
    ['a code with a command for the terminal', { user_code: 'A\u001b[2J' }, 4],
    ['no interval between two polls', { interval: 0 }, 4],
    ['a day between them', { interval: 86_400 }, 4],
    ['no end', { expires_in: -1 }, 4],
    ['a code that would break a header', { device_code: 'x\r\ny: z aaaaaaaaaaaa' }, 4],
  ])('prints and polls nothing after an answer with %s', async (_what, change, exit) => {
    const good = {
      device_code: 'spd_0123456789abcdef',
      user_code: 'BCDF-GHJK',
      verification_uri: `${gateway.origin}/.sallyport/device`,
      expires_in: 300,
      interval: 5,
    };
    gateway.override = ({ path: asked }) =>
      asked.endsWith('/device/code') ? { status: 200, body: { ...good, ...change } } : undefined;
    const { code, err } = await login('--device');
    expect(code).toBe(exit);
    expect(err).not.toContain('\u001b');
    expect(gateway.calls).toEqual(['POST /.sallyport/api/v1/device/code']);
  });

  it('rejects --cluster without it', async () => {
    expect(await login('--cluster', 'dev')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--cluster needs --device'),
    });
  });
});

describe('a login that other processes wait for', () => {
  it('fails for all of them at once, with one browser, if the user refuses', async () => {
    const pages: string[] = [];
    rig.environment.launch = (_command, args) => {
      pages.push(args.at(-1)!);
      const url = new URL(args.at(-1)!);
      setTimeout(
        () =>
          void fetch(
            `${url.searchParams.get('redirect_uri')!}?${new URLSearchParams({ error: 'access_denied', error_description: 'No way', state: url.searchParams.get('state')! }).toString()}`,
          ),
        200,
      );
      return Promise.resolve(true);
    };
    const all = await Promise.all(Array.from({ length: 6 }, () => login()));
    expect(pages).toHaveLength(1);
    expect(all.map(({ code }) => code)).toEqual([6, 6, 6, 6, 6, 6]);
    expect(
      all.filter(({ err }) =>
        err.includes('the login that was already in progress failed: the login was refused: No way'),
      ),
    ).toHaveLength(5);
  });

  it('fails for all of them within the timeout of the first if the browser is closed', async () => {
    const opened: string[] = [];
    rig.environment.launch = (_command, args) => (opened.push(args.at(-1)!), Promise.resolve(true));
    const startedAt = Date.now();
    const all = await Promise.all(Array.from({ length: 4 }, () => login('--timeout', '1')));
    expect(all.map(({ code }) => code)).toEqual([6, 6, 6, 6]);
    expect(opened).toHaveLength(1);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });

  it('does not fail a later one', async () => {
    const { launch } = rig.environment;
    rig.environment.launch = () => Promise.resolve(true);
    expect((await login('--timeout', '1')).code).toBe(6);
    const note = path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'), 'login.failed');
    expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({ exit: 'login-failed' });
    rig.environment.launch = launch;
    expect((await login()).code).toBe(0);
    expect(existsSync(note)).toBe(false);
  });

  it('ends if its Kubernetes client has ended, and the next one logs in', async () => {
    let gone = false;
    begin({ parentIsGone: () => gone, launch: () => Promise.resolve(true) });
    const first = rig.run('exec-credential', `${gateway.origin}/clusters/dev`);
    setTimeout(() => {
      gone = true;
    }, 100);
    expect(await first).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('the program that needed the login has ended'),
    });
    gone = false;
    rig.environment.launch = (_command, args) => (void browse(args.at(-1)!), Promise.resolve(true));
    expect((await rig.run('exec-credential', `${gateway.origin}/clusters/dev`)).code).toBe(0);
  });

  it('leaves no lock if the user interrupts it, and reports that', async () => {
    const listeners: (() => unknown)[] = [];
    begin({
      onInterrupt: (listener) => (listeners.push(listener), () => {}),
      launch: () => Promise.resolve(true),
    });
    const run = login('--timeout', '1');
    let said = '';
    rig.onErr = (text) => {
      said += text;
    };
    for (let n = 0; n < 100 && !said.includes('Your browser') && !said.includes('Open this page'); n += 1)
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    for (const interrupted of listeners) void interrupted();
    expect(readdirSync(path.join(rig.home, 'gateways', gateway.origin.replace('://', '+')))).not.toContain(
      'login.lock',
    );
    expect((await run).err).toContain('Login canceled.');
  });
});
