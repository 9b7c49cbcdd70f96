import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createPlainBrowser,
  describeWith,
  eventually,
  fillInForm,
  startCli,
  startGateway,
  startPractice,
  type Gateway,
  type Person,
  type PracticeAccess,
  type RunningCommand,
} from '../harness/index.ts';

// A device polls every five seconds, and the tests start dozens of programs.

const inside = ['-n', 'dev'];

describeWith(['kubectl'], 'a login from a machine without a browser', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'embedded', clusters: [practice.access] });
  });
  afterAll(async () => {
    await practice?.stop();
    await gateway?.stop();
  });

  const newBrowser = () => createPlainBrowser({ ca: gateway.caPem });
  const start = (person: Person, ...args: string[]) =>
    startCli(['login', '--gateway', gateway.url, '--ca-file', gateway.caFile, ...args], {
      home: person.home,
      env: { DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' },
    });
  const link = (text: string, what: RegExp) => what.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const hidden = (text: string, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? '';
  const codeShownBy = async (command: RunningCommand) => (await command.says(/^ {2}([A-Z]{4}-[A-Z]{4})$/m))[1]!;

  /** Opens the URL from the terminal, enters the code and logs in. Returns the page for the approval. */
  async function openApproval(command: RunningCommand, who = 'alice') {
    const [, page] = await command.says(/^ {2}(http\S+\/\.sallyport\/device)$/m);
    const code = await codeShownBy(command);
    const browser = newBrowser();
    expect((await browser.go(page!)).answer.text).toContain('name="user_code"');
    const found = await browser.go(
      `${page}?${new URLSearchParams({ user_code: code.toLowerCase().replace('-', ' ') }).toString()}`,
    );
    const login = new URL(link(found.answer.text, /href="(\/\.sallyport\/login\?user_code=[^"]+)"/), page).href;
    const {
      answer: { text },
    } = await fillInForm(browser, login, { user: `${who}@example.com`, password: who });
    const answer = (said: string) =>
      browser.go(page!, { approval: hidden(text, 'approval'), user_code: hidden(text, 'user_code'), answer: said });
    return { text, code, answer, page: page! };
  }

  it('is approved with a code on another machine, and then kubectl works on the first', async () => {
    const alice = await gateway.stranger('alice@example.com');
    const command = start(alice, '--device', '--cluster', 'dev');
    const { text, code, answer } = await openApproval(command);
    for (const shown of ['alice@example.com', code, '127.0.0.1', 'dev', 'sallyport-cli']) expect(text).toContain(shown);
    expect((await answer('approve')).answer.text).toContain('The device is approved');
    const { code: exit, stdout, stderr } = await command.ended;
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining('as alice@example.com') });
    expect(await alice.kubectl(['get', 'pods', ...inside, '-o', 'name'])).toContain('pod/');
    const [event] = await gateway.audit.await({ type: 'session.login', user: 'alice@example.com' });
    expect(event!.data).toMatchObject({
      requestURI: '/.sallyport/api/v1/device/token',
      userAgent: 'sallyport-cli',
      sallyport: { clientAddress: '127.0.0.1', approvedFrom: { clientAddress: '127.0.0.1' } },
    });
    expect(JSON.stringify(gateway.events({})) + stderr).not.toContain('spd_');
    expect((await alice.cli(['whoami', '-o', 'json'])).stdout).toContain('alice@example.com');
    // kubectl shows the gateway's words for a cluster that does not exist.
    const mistyped = await alice.tryKubectl(['get', 'pods', '--server', `${gateway.url}/clusters/typo`]);
    expect(mistyped.code).toBe(1);
    expect(mistyped.stderr).toContain(
      'Error from server (Forbidden): There is no cluster "typo" that you may use. Run "sallyport clusters" to list yours',
    );
  });

  it('ends at once when the person denies it, and is recorded', async () => {
    const bob = await gateway.stranger('bob@example.com');
    const command = start(bob, '--device');
    await (await openApproval(command, 'bob')).answer('deny');
    expect(await command.ended).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('the login was denied on the approval page'),
    });
    const [event] = await gateway.audit.await({ type: 'login.failed' });
    expect(event!.data.responseStatus?.message).toContain('bob@example.com denied the login of the device');
    expect((await bob.cli(['whoami'])).code).toBe(3);
  });

  it('cannot be approved by a page of another site, nor twice', async () => {
    const command = start(await gateway.stranger('alice@example.com'), '--device');
    const { text, answer, page } = await openApproval(command);
    const form = new URLSearchParams({
      approval: hidden(text, 'approval'),
      user_code: hidden(text, 'user_code'),
      answer: 'approve',
    }).toString();
    const foreign = await gateway.request('/.sallyport/device', {
      method: 'POST',
      body: form,
      headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(foreign.status).toBe(403);
    expect((await newBrowser().go(page, Object.fromEntries(new URLSearchParams(form)))).answer.status).toBe(400);
    expect((await answer('approve')).answer.status).toBe(200);
    expect((await answer('approve')).answer.status).toBe(400);
    expect((await command.ended).code).toBe(0);
  });

  it('accepts a pasted code if the browser cannot reach this machine', async () => {
    const alice = await gateway.stranger('alice@example.com');
    const command = start(alice, '--no-browser');
    const [, page] = await command.says(/^ {2}(http\S+redirect_uri=urn\S+)$/m);
    const shown = await fillInForm(newBrowser(), page!, { user: 'alice@example.com', password: 'alice' });
    expect(shown.answer.text).toContain('Do not give this code to anyone');
    command.stdin.write('not-the-code\n');
    await command.says(/Paste the code again/);
    command.stdin.write(`${link(shown.answer.text, /<p class="paste"[^>]*>([^<]+)</)}\n`);
    expect(await command.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('as alice@example.com') });
    expect(await alice.kubectl(['get', 'pods', ...inside, '-o', 'name'])).toContain('pod/');
  });

  it('opens one browser for twenty concurrent kubectl, and all of them succeed', async () => {
    const alice = await gateway.stranger('alice@example.com');
    const programs = path.join(alice.home, 'programs');
    const opened = path.join(alice.home, 'opened');
    mkdirSync(programs);
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(path.join(programs, name), `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`);
      chmodSync(path.join(programs, name), 0o755);
    }
    const env = { ...alice.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, DISPLAY: ':99' };
    const commands = Array.from({ length: 20 }, () =>
      alice.startKubectl(['get', 'pods', ...inside, '-o', 'name'], { env, timeoutMs: 150_000 }),
    );
    const page = await eventually(
      'a browser to open',
      // The file exists a moment before its line does.
      () => (existsSync(opened) ? /^(.+)\n/.exec(readFileSync(opened, 'utf8'))?.[1] : undefined),
    );
    await fillInForm(newBrowser(), page, { user: 'alice@example.com', password: 'alice' });
    const results = await Promise.all(commands.map(({ ended }) => ended));
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(readFileSync(opened, 'utf8').trim().split('\n')).toHaveLength(1);
    const { sessions } = JSON.parse(
      (await alice.cli(['sessions', 'list', '--gateway', gateway.url, '-o', 'json'])).stdout,
    ) as { sessions: { current?: boolean; userAgent?: string }[] };
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
  });

  it('names the alternatives if no browser is available', async () => {
    const alice = await gateway.stranger('alice@example.com');
    const command = alice.startKubectl(['get', 'pods', ...inside], {
      env: { ...alice.env, BROWSER: '', DISPLAY: '', WAYLAND_DISPLAY: '' },
    });
    await command.says(
      /There seems to be no browser on this machine: there is no display[\s\S]*sallyport login --device --gateway/,
    );
    await command.stop();
  });
});
