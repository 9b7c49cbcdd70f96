import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import {
  createNamespace,
  createPlainBrowser,
  describeWith,
  eventually,
  noteSkip,
  realClusterAccess,
  roleBinding,
  startCli,
  startGateway,
  theBed,
  type Gateway,
  type Person,
  type RunningCommand,
  type TestNamespace,
} from '../harness/index.ts';
import { canailleDirectory } from './canaille-directory.ts';
import { embeddedProvider } from './embedded-provider.ts';
import { fillInForms } from './fill-in-forms.ts';
import { keycloakRealm } from './keycloak-realm.ts';
import { emailOf, type RealProvider } from './real-provider.ts';

const intervalMs = 2000;
/** Streams end within a second of the event. A busy machine gets three. */
const inTime = 3000;
const flows = [
  'browser',
  'program',
  'paste',
  'device',
  'groups',
  'refresh',
  'disabled',
  'logout',
  'back-channel',
] as const;
type Flow = (typeof flows)[number];
const names = ['embedded', 'keycloak', 'canaille'];
/** The result of each provider in each flow. */
const matrix = new Map<string, Map<Flow, string>>(names.map((id) => [id, new Map()]));

/** Prints the matrix, one line per provider. */
function printMatrix(): void {
  const cell = (text: string) => text.padEnd(14);
  const lines = [...matrix].map(([id, seen]) => [id, ...flows.map((flow) => seen.get(flow) ?? 'not run')]);
  process.stderr.write(`\n${[['provider', ...flows], ...lines].map((line) => line.map(cell).join('')).join('\n')}\n\n`);
}

describeWith(['cluster', 'kubectl'], 'logins with third-party identity providers', () => {
  let bed: Bed;
  let embedded: Awaited<ReturnType<typeof embeddedProvider>>;
  let gateway: Gateway;
  let namespace: TestNamespace;
  const providers = new Map<string, RealProvider>();
  beforeAll(async () => {
    bed = await startBed({
      need: ['keycloak', 'canaille'],
      onProgress: (line) => process.stderr.write(`bed: ${line}\n`),
    });
    for (const { missing, why } of bed.missing) noteSkip(`logins with ${missing}`, why);
    if (process.env['CI'] === 'true') expect(bed.missing).toEqual([]);
    namespace = await createNamespace();
    for (const group of ['developers', 'sre'])
      await theBed().cluster!.admin.apply(roleBinding(namespace.name, group, 'view'));
    embedded = await embeddedProvider();
    for (const one of [
      embedded,
      ...(bed.keycloak ? [keycloakRealm(bed.keycloak)] : []),
      ...(bed.canaille ? [canailleDirectory(bed.canaille)] : []),
    ])
      providers.set(one.id, one);
    const settings = [...providers.values()].map((one) => ({
      id: one.id,
      allowInsecureIssuer: true,
      refresh: { interval: `${intervalMs}ms`, outageGrace: '60s' },
      ...one.settings,
    }));
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [await realClusterAccess()],
      policy: [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }],
      more: { identity: { providers: settings }, streams: { drain: '0s' } },
    });
    for (const one of providers.values()) await one.admit(gateway.pagesUrl);
  }, 900_000);
  afterAll(async () => {
    printMatrix();
    await gateway?.stop();
    await namespace?.remove();
    await embedded?.stop();
    await bed?.stop();
  });

  const newBrowser = () => createPlainBrowser({ ca: gateway.caPem });
  const originOf = (id: string) => new URL(providers.get(id)!.settings['issuer'] as string).origin;
  const logInAt = (id: string, browser: ReturnType<typeof newBrowser>, page: string, user: string) => {
    const address = new URL(page);
    address.searchParams.set('provider', id);
    return fillInForms(browser, address.href, { user: emailOf(user), password: user }, originOf(id));
  };
  const startLogin = (person: Person, ...args: string[]) =>
    startCli(['login', '--gateway', gateway.url, '--ca-file', gateway.caFile, ...args], {
      home: person.home,
      env: { DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' },
      timeoutMs: 200_000,
    });
  const finished = async (command: RunningCommand) => {
    const { code, stdout, stderr } = await command.ended;
    if (code !== 0) throw new Error(`the login ended with ${code}: ${stderr}`);
    expect(stdout).toContain('Logged in');
  };

  /** Returns a person at a terminal who has logged in with this provider, like a program. */
  async function logIn(id: string, user: string, browser = newBrowser()): Promise<Person> {
    const person = await gateway.stranger(emailOf(user));
    const command = startLogin(person, '--no-browser', '--provider', id);
    const [page] = await command.says(/https?:\/\/\S+\/\.sallyport\/login\?\S*redirect_uri=http%3A%2F%2F127\S+/);
    expect(new URL(page).searchParams.get('provider')).toBe(id);
    const end = await logInAt(id, browser, page, user);
    if (end.answer.status !== 200)
      throw new Error(`the login ended at ${end.url}: ${end.answer.status} ${end.answer.text.slice(0, 800)}`);
    await finished(command);
    return person;
  }
  const whoami = async (person: Person) => {
    const { code, stdout, stderr } = await person.tryKubectl(['auth', 'whoami', '-o', 'json']);
    return code === 0
      ? (JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[] } } }).status.userInfo
      : stderr;
  };
  const groupsOf = async (person: Person) => {
    const found = await whoami(person);
    return typeof found === 'string' ? found : found.groups;
  };

  const failedThere = () =>
    gateway.events().filter(({ type, data }) => type === 'login.failed' && data.responseStatus?.code === 503).length;
  /** Runs a flow. Repeats it if only the provider has failed. */
  async function runSteadily(
    provider: RealProvider,
    run: (provider: RealProvider) => Promise<string | void>,
  ): Promise<string | void> {
    for (let tries = 1; ; tries += 1) {
      const before = failedThere();
      try {
        return await run(provider);
      } catch (error) {
        if (provider.unsteady === undefined || failedThere() === before || tries === 4) throw error;
        process.stderr.write(`${provider.id} failed: ${provider.unsteady}. Repeating.\n`);
        await pause(1500);
      }
    }
  }

  describe.each(names)('%s', (id) => {
    /** Runs a flow at this provider, if it is available, and records the result. */
    const flow = (name: Flow, what: string, run: (provider: RealProvider) => Promise<string | void>) =>
      it(`${name}: ${what}`, async () => {
        const provider = providers.get(id);
        if (!provider) return void matrix.get(id)!.set(name, 'not here');
        matrix.get(id)!.set(name, 'FAILED');
        matrix.get(id)!.set(name, (await runSteadily(provider, run)) ?? 'works');
      });

    flow('browser', 'is redirected there and back, and identified by issuer, name and groups', async () => {
      const browser = newBrowser();
      const end = await logInAt(id, browser, `${gateway.pagesUrl}/.sallyport/login`, 'alice');
      expect({ url: end.url.replace(gateway.pagesUrl, ''), status: end.answer.status }).toMatchObject({
        url: expect.stringMatching(/^\/\.sallyport\//),
        status: 200,
      });
      expect(end.answer.text).toContain('alice@example.com');
      const [event] = await gateway.audit.await(
        (record) => record.type === 'session.login' && record.data.sallyport.detail === id,
      );
      expect(event!.data).toMatchObject({
        user: { username: 'alice@example.com', groups: ['developers'] },
        sallyport: { identity: { iss: providers.get(id)!.settings['issuer'] } },
      });
    });

    flow('program', 'kubectl acts as the person who logged in', async () => {
      expect(await whoami(await logIn(id, 'alice'))).toMatchObject({
        username: 'alice@example.com',
        groups: ['developers', 'system:authenticated'],
      });
    });

    flow('paste', 'the code on the page is pasted into the terminal', async () => {
      const person = await gateway.stranger(emailOf('alice'));
      const command = startLogin(person, '--no-browser', '--provider', id);
      const [, page] = await command.says(/^ {2}(http\S+redirect_uri=urn\S+)$/m);
      const shown = await logInAt(id, newBrowser(), page!, 'alice');
      command.stdin.write(`${/<p class="paste"[^>]*>([^<]+)</.exec(shown.answer.text)?.[1] ?? 'none'}\n`);
      await finished(command);
      expect(await groupsOf(person)).toContain('developers');
    });

    flow('device', 'a device is approved by a person who logs in at the provider', async () => {
      const person = await gateway.stranger(emailOf('alice'));
      const command = startLogin(person, '--device');
      const [, page] = await command.says(/^ {2}(http\S+\/\.sallyport\/device)$/m);
      const code = (await command.says(/^ {2}([A-Z]{4}-[A-Z]{4})$/m))[1]!;
      const browser = newBrowser();
      const found = await browser.go(`${page}?${new URLSearchParams({ user_code: code }).toString()}`);
      const login = /href="(\/\.sallyport\/login\?user_code=[^"]+)"/
        .exec(found.answer.text)![1]!
        .replaceAll('&amp;', '&');
      const {
        answer: { text },
      } = await logInAt(id, browser, new URL(login, page).href, 'alice');
      expect(text).toContain('name="approval"');
      const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)![1]!;
      expect(
        (await browser.go(page!, { approval: hidden('approval'), user_code: hidden('user_code'), answer: 'approve' }))
          .answer.text,
      ).toContain('approved');
      await finished(command);
      expect(await groupsOf(person)).toContain('developers');
    });

    flow('groups', 'a person in two groups is in both, and a person in none is refused', async (provider) => {
      await provider.setGroups('bob', ['developers', 'sre']);
      expect(await groupsOf(await logIn(id, 'bob'))).toEqual(expect.arrayContaining(['developers', 'sre']));
      await provider.setGroups('bob', []);
      const outside = await logIn(id, 'bob');
      expect((await outside.tryKubectl(['get', 'configmaps', '-n', namespace.name])).stderr).toContain(
        'you are not in any group',
      );
    });

    flow('refresh', 'a change of groups applies at the next refresh, without a login', async (provider) => {
      const person = await logIn(id, 'dave');
      expect(await groupsOf(person)).toEqual(['developers', 'system:authenticated']);
      await provider.setGroups('dave', ['sre']);
      const began = Date.now();
      await eventually(
        'the new groups',
        async () => (JSON.stringify(await groupsOf(person)) === '["sre","system:authenticated"]' ? true : undefined),
        60_000,
      );
      process.stderr.write(
        `measured: ${id}: from a change of groups to kubectl's view of it, refreshed every ${intervalMs} ms: ${Date.now() - began} ms\n`,
      );
    });

    /** Opens a watch. Returns how long after `from` it ended. */
    const watch = async (person: Person) => {
      const command = person.startKubectl(['get', 'configmaps', '-n', namespace.name, '--watch-only', '-v=6'], {
        timeoutMs: 120_000,
      });
      await command.says(/verb="GET" url="[^"]*watch=true[^"]*" status="200 OK"/, 60_000);
      return {
        command,
        endedAfter: async (from: () => Promise<number>) => {
          await command.ended;
          return Date.now() - (await from());
        },
      };
    };
    const sessionEnded = async (user: string, since: number) =>
      Date.parse(
        (
          await gateway.audit.await(
            (record) =>
              record.type === 'session.ended' &&
              Date.parse(record.time) >= since &&
              record.data.sallyport.identity?.email === emailOf(user),
          )
        ).at(-1)!.time,
      );

    flow(
      'disabled',
      'a person who is disabled at the provider loses their session at the next refresh, and their streams at once',
      async (provider) => {
        const person = await logIn(id, 'dave');
        const open = await watch(person);
        const since = Date.now();
        const ending = open.endedAfter(() => sessionEnded('dave', since));
        await provider.disable('dave');
        const ms = await ending;
        process.stderr.write(
          `measured: ${id}: from the end of a session whose person was disabled to the end of its stream: ${ms} ms\n`,
        );
        expect(ms).toBeLessThan(inTime);
        expect(await person.cli(['whoami'])).toMatchObject({ code: 3 });
      },
    );

    flow(
      'logout',
      'a browser that logs out at the gateway is logged out at the provider, and must enter the password again',
      async () => {
        const browser = newBrowser();
        const first = await logInAt(id, browser, `${gateway.pagesUrl}/.sallyport/login`, 'alice');
        expect(first.answer.status).toBe(200);
        const { answer } = await browser.go(`${gateway.pagesUrl}/.sallyport/logout`, {});
        expect(answer.status).toBe(200);
        const there = /^0; url=(\S+)$/.exec(String(answer.headers['refresh'] ?? ''))?.[1];
        if (there === undefined) throw new Error('the browser is not redirected to the provider');
        const back = await fillInForms(browser, there, { user: '', password: '' }, originOf(id));
        expect(back.url).toBe(`${gateway.pagesUrl}/.sallyport/signed-out`);
        const again = await browser.go(`${gateway.pagesUrl}/.sallyport/login?provider=${id}`);
        expect(again.url.startsWith(originOf(id))).toBe(true);
        expect(again.answer.text).toMatch(/type="?(password|text)|name="(login|username)"/);
      },
    );

    flow(
      'back-channel',
      'the end of a session at the provider ends it at the gateway at once, with its streams',
      async (provider) => {
        if (!provider.logOutThere) return 'not offered';
        const browser = newBrowser();
        const person = await logIn(id, 'erin', browser);
        const open = await watch(person);
        const from = Date.now();
        const ending = open.endedAfter(async () => from);
        await provider.logOutThere('erin', browser);
        const ms = await ending;
        process.stderr.write(`measured: ${id}: from a logout there (back-channel) to the end of a stream: ${ms} ms\n`);
        expect(ms).toBeLessThan(inTime);
        expect(await person.cli(['whoami'])).toMatchObject({ code: 3 });
        const [event] = await gateway.audit.await(
          (record) =>
            record.type === 'session.ended' &&
            record.data.sallyport.identity?.email === emailOf('erin') &&
            Date.parse(record.time) >= from,
        );
        expect(event!.data.responseStatus?.message).toBe('provider-logout');
      },
    );
  });

  it('the matrix is complete', () => {
    for (const [id, seen] of matrix)
      for (const flow of flows)
        expect([id, flow, seen.get(flow)]).toEqual([id, flow, expect.stringMatching(/^(works|not offered|not here)$/)]);
    for (const [id, { logOutThere }] of providers)
      expect(matrix.get(id)!.get('back-channel')).toBe(logOutThere ? 'works' : 'not offered');
  });
});
