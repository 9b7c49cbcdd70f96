import process from 'node:process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClocks, type Clocks } from '../chaos/set-clock.ts';
import { describeWith, eventually, runCommand, runDirectory, theBed, type RunningCommand } from '../harness/index.ts';
import { startBrowser } from '../pages/start-browser.ts';
import { createRecordingsRig, protocolEnv, protocols, quote, type RecordingsRig } from './recordings-rig.ts';

describeWith(['node', 'kubectl', 'chromium'], 'sessions that are recorded', () => {
  let rig: RecordingsRig;
  let directory: string;
  let clocks: Clocks;
  let gateway: RunningCommand;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'sessions-'));
    clocks = createClocks();
    rig = await createRecordingsRig({ default: 'required' }, {}, clocks.environment);
    gateway = await rig.begin();
  });
  afterAll(() => rig?.stop());

  /** Waits until the session that was opened last is whole in the store, and returns its recording. */
  const lastRecording = (known: ReadonlySet<string>) =>
    eventually('the recording', async () => {
      const found = (await rig.recordings('--namespace', rig.namespace.name)).find(({ id }) => !known.has(id));
      const files = found && readdirSync(path.join(rig.store, found.id)).length;
      return found?.state === 'complete' && files === found.parts ? found : undefined;
    });
  /** Runs a session, and returns its recording with what the session resolved to. */
  const recorded = async <T>(session: () => Promise<T>) => {
    const known = new Set((await rig.recordings()).map(({ id }) => id));
    const result = await session();
    return { result, recording: await lastRecording(known) };
  };
  const exportOf = async (id: string, format: string): Promise<Buffer> => {
    const output = path.join(directory, `${id}.${format}`);
    const form = format === 'asciicast' ? ['-o', format] : ['-o', 'raw', '--stream', format];
    await rig.auditor('recordings', 'export', id, '--identity', rig.identity, ...form, '--out', output);
    return readFileSync(output);
  };

  it.each(protocols)('are kept byte for byte, with stdout and stderr apart, over %s', async (_name, webSockets) => {
    const script = 'head -c 300000 /dev/urandom; head -c 1000 /dev/urandom >&2; printf "end\\303"; exit 3';
    const stdout = path.join(directory, `stdout-${webSockets}`);
    const stderr = path.join(directory, `stderr-${webSockets}`);
    const { result, recording } = await recorded(() =>
      runCommand(
        'sh',
        [
          '-c',
          `${quote([theBed().kubectl!, '-n', rig.namespace.name, 'exec', 'shell', '--', 'sh', '-c', script])} >${stdout} 2>${stderr}`,
        ],
        { env: { ...rig.aliceEnv(), ...protocolEnv(webSockets) } },
      ),
    );
    expect(result.code).toBe(3);
    // After the command has ended, kubectl itself says how.
    const errors = readFileSync(stderr);
    const ending = Buffer.from('command terminated with exit code 3\n');
    expect(errors.subarray(-ending.length).equals(ending)).toBe(true);
    const received = { stdout: readFileSync(stdout), stderr: errors.subarray(0, -ending.length) };
    expect(received.stdout.length).toBe(300_004);
    expect(received.stderr.subarray(0, 60).toString('latin1')).toMatch(/recorded/);
    expect((await exportOf(recording.id, 'stdout')).equals(received.stdout)).toBe(true);
    expect((await exportOf(recording.id, 'stderr')).equals(received.stderr)).toBe(true);
    expect(recording).toMatchObject({ user: 'alice@example.com', name: 'shell', namespace: rig.namespace.name });
  });

  it.each(protocols)(
    'replay a full-screen program and a resize to the same screen over %s',
    async (_name, webSockets) => {
      const tmux = (...args: string[]) =>
        runCommand('tmux', ['-L', `rec-${webSockets}`, ...args], { env: { TMUX: undefined } });
      let seen = '';
      const screen = async () => (seen = (await tmux('capture-pane', '-p', '-t', 'main')).stdout);
      const until = (what: string, pattern: RegExp) =>
        eventually(
          what,
          async () => pattern.test(await screen()),
          60_000,
          () => seen,
        );
      const raw = path.join(directory, `screen-${webSockets}`);
      const { result, recording } = await recorded(async () => {
        const env = { ...rig.aliceEnv(), ...protocolEnv(webSockets), TERM: 'xterm' };
        const assigned = Object.entries(env)
          .filter(([name, value]) => value !== process.env[name] && value !== undefined)
          .map(([name, value]) => `${name}=${value}`);
        const unset = Object.entries(env).filter(([, value]) => value === undefined);
        const command = ['env', ...unset.flatMap(([name]) => ['-u', name]), ...assigned, theBed().kubectl!];
        const words = [...command, '-n', rig.namespace.name, 'exec', '-it', 'shell', '--', 'sh'];
        // The second `script` keeps what kubectl wrote to the terminal.
        const kept = `script -qfc ${quote([quote(words)])} ${raw}; sleep 1000`;
        await tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'main', '-x', '90', '-y', '30', kept);
        await until('the prompt', /recorded[\s\S]*#\s*$/);
        await tmux(
          'send-keys',
          '-t',
          'main',
          'for i in 1 2 3 4 5; do echo "line $i äöü"; done > /tmp/file; vi /tmp/file',
          'Enter',
        );
        await until('the editor', /line 5 äöü[\s\S]*\/tmp\/file/);
        await tmux('resize-window', '-t', 'main', '-x', '70', '-y', '20');
        await tmux('send-keys', '-t', 'main', 'G', 'o', 'the end', 'Escape');
        await until('the typed line', /the end/);
        const shown = await screen();
        await tmux('send-keys', '-t', 'main', ':wq', 'Enter');
        await until('the prompt again', /#\s*$/);
        await tmux('send-keys', '-t', 'main', 'echo whole-$((6*7)); exit', 'Enter');
        await until('the end', /whole-42/);
        await eventually('kubectl to end', async () => readFileSync(raw, 'latin1').includes('Script done'));
        await tmux('kill-server');
        return shown;
      });
      const kept = readFileSync(raw);
      const begun = kept.indexOf('\n') + 1;
      const received = kept.subarray(begun, kept.lastIndexOf('\nScript done'));
      expect((await exportOf(recording.id, 'stdout')).equals(received)).toBe(true);
      expect(result).toContain('the end');
      const cast = (await exportOf(recording.id, 'asciicast')).toString();
      const [head, ...events] = cast
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(head).toMatchObject({ version: 2, width: 90, height: 30 });
      expect(events.some((event) => (event as string[])[1] === 'r' && (event as string[])[2] === '70x20')).toBe(true);
      // What asciinema shows of it, whole, are the same characters.
      const file = path.join(directory, `${recording.id}.asciicast`);
      const shown = await runCommand('script', ['-qec', `asciinema cat ${file}`, '/dev/null'], {
        env: { LC_ALL: 'C.UTF-8' },
      });
      expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('whole-42') });
      // At a pipe, play prints what a terminal may be given.
      const played = await rig.auditor('recordings', 'play', recording.id, '--identity', rig.identity);
      expect(played).toContain('whole-42');
    },
  );

  it('are played in the browser of an auditor, who keeps the key there', async () => {
    const { recording } = await recorded(async () => {
      const shell = rig.startExec(['exec', '-it', 'shell', '--', 'sh'], { tty: true });
      await shell.says(/\/ # /);
      shell.stdin.write('echo in-the-brow$((1))er; exit\n');
      await shell.says(/in-the-brow1er/);
      await shell.ended;
    });
    const browser = await startBrowser();
    try {
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      await page.setViewportSize({ width: 1000, height: 760 });
      await page.goto(`${rig.url}/.sallyport/login?return_to=/.sallyport/recordings`);
      await page.fill('input[name=login]', 'carol@example.com');
      await page.fill('input[name=password]', 'carol');
      await page.click('button[type=submit]');
      await page.click(`a[href$="${recording.id}"]`);
      await page.fill('#key', readFileSync(rig.identity, 'utf8'));
      await page.click('#recordings button');
      await page.click('.ap-player');
      await page.locator('.ap-term', { hasText: 'in-the-brow1er' }).waitFor();
    } finally {
      await browser.close();
    }
  });

  it('open with the age program', async () => {
    const { recording } = await recorded(() => rig.exec(['exec', 'shell', '--', 'echo', 'opened-with-age']));
    const file = path.join(rig.store, recording.id, '000001.age');
    expect(readFileSync(file).includes('opened-with-age')).toBe(false);
    const opened = await runCommand('age', ['-d', '-i', rig.identity, file]);
    expect(opened).toMatchObject({ code: 0, stdout: expect.stringContaining('opened-with-age') });
  });

  it('keep no input that was typed', async () => {
    const { result, recording } = await recorded(() =>
      rig.exec(['exec', '-i', 'shell', '--', 'sh', '-c', 'read -r x; echo got ${#x}'], { input: 'hunter2-secret\n' }),
    );
    expect(result.stdout).toBe('got 14\n');
    const opened = await runCommand('age', [
      '-d',
      '-i',
      rig.identity,
      path.join(rig.store, recording.id, '000001.age'),
    ]);
    expect(opened.stdout).toContain('got 14');
    expect(opened.stdout).not.toContain('hunter2');
  });

  it('are found by what they show', async () => {
    const { recording } = await recorded(() => rig.exec(['exec', 'shell', '--', 'echo', 'needle-in-a-session']));
    const found = await rig.auditor('recordings', 'search', 'needle-in-a', '--identity', rig.identity);
    expect(found).toContain(recording.id.slice(0, 8));
    const viewed = await rig.auditor('audit', 'search', '--type', 'recording.viewed', '-o', 'json');
    expect(viewed).toContain(recording.id);
  });

  it.each([
    ['the kubelet through its node', (node: string) => ['get', '--raw', `/api/v1/nodes/${node}/proxy/pods`]],
    ['the server of a pod', () => ['get', '--raw', `/api/v1/namespaces/${rig.namespace.name}/pods/shell/proxy/`]],
  ])('cannot be avoided through %s', async (_what, args) => {
    const [node] = (await theBed().cluster!.admin.kubectl(['get', 'nodes', '-o', 'name'])).trim().split('\n');
    const refused = await rig.exec(args(node!.replace('node/', '')));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/recorded/) });
  });

  describe('in a store that someone has changed', () => {
    let [first, second]: string[] = [];
    beforeAll(async () => {
      const session = (text: string) =>
        recorded(() => rig.exec(['exec', 'shell', '--', 'sh', '-c', `echo ${text}; sleep 6; echo ${text} again`]));
      [first, second] = [(await session('one')).recording.id, (await session('two')).recording.id];
      // Until a quarter of an hour later, a file may still be on its way to the store.
      const empty = mkdtempSync(path.join(directory, 'empty-'));
      await clocks.set(gateway.pid, 20 * 60_000);
      await rig.exec(['get', 'pods']);
      await eventually('a later event in the trail', async () => {
        const { recordings } = await rig.verify(path.join(rig.data, 'trail'), '--recordings', empty);
        return recordings!.faults.some(({ recording }) => recording === second);
      });
    });

    it('are whole if nothing was changed', async () => {
      const verified = await rig.verify(path.join(rig.data, 'trail'), '--recordings', rig.store);
      expect(verified).toMatchObject({ code: 0, faults: [], recordings: { faults: [] } });
      expect(verified.recordings!.recordings).toBe((await rig.recordings()).length);
    });

    it.each<[string, (store: string) => void]>([
      ['removed', (store) => rmSync(path.join(store, first!, '000001.age'))],
      [
        'altered',
        (store) => {
          const file = path.join(store, first!, '000001.age');
          const bytes = readFileSync(file);
          bytes[bytes.length - 1]! ^= 1;
          writeFileSync(file, bytes);
        },
      ],
      ['truncated', (store) => truncateSync(path.join(store, first!, '000002.age'), 100)],
      [
        'swapped',
        (store) => {
          const [one, two] = [path.join(store, first!, '000001.age'), path.join(store, first!, '000002.age')];
          const bytes = readFileSync(one);
          writeFileSync(one, readFileSync(two));
          writeFileSync(two, bytes);
        },
      ],
      ['replayed', (store) => cpSync(path.join(store, second!, '000001.age'), path.join(store, first!, '000001.age'))],
    ])('are named as %s', async (kind, change) => {
      const store = mkdtempSync(path.join(directory, 'store-'));
      cpSync(rig.store, store, { recursive: true });
      change(store);
      const verified = await rig.verify(path.join(rig.data, 'trail'), '--recordings', store);
      expect(verified.code).toBe(1);
      expect(verified.recordings!.faults).toContainEqual(expect.objectContaining({ kind, recording: first }));
      expect(verified.recordings!.faults.every((fault) => fault.recording === first)).toBe(true);
    });
  });
});
