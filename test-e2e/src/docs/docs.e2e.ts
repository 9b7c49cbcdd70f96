import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDemo, type Demo } from '../demo/demo-program.ts';
import { createPlainBrowser, describeWith, fillInForm, runCli, theBed } from '../harness/index.ts';
import { readPage, type PageBlock } from './read-page.ts';
import { commandsOf, startReaderShell, type ReaderShell } from './reader-shell.ts';
import { drawTerminal, type Typed } from './terminal-picture.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const auditPages = readdirSync(path.join(root, 'docs')).filter((name) => /^audit.*\.md$/.test(name));
const pages = ['README.md', 'docs/getting-started.md', 'docs/policy-tools.md'].concat(
  auditPages.map((name) => `docs/${name}`),
  ['docs/operations/clusters.md', 'docs/install.md', 'docs/command-line.md', 'docs/recordings.md'].filter((page) =>
    existsSync(path.join(root, page)),
  ),
);
/** On these pages the reader sets everything up. On the others they have done so. */
const fromNothing = new Set(['README.md', 'docs/getting-started.md']);
const commandLanguages = new Set(['sh', 'bash', 'zsh', 'fish', 'shell', 'console', 'powershell', 'bat']);

const all = pages.flatMap(readPage);
const commandBlocks = all.filter(({ language }) => commandLanguages.has(language));
const toRun = commandBlocks.filter(({ skip }) => skip === undefined);
const nameOf = ({ page, line, text }: PageBlock) => `${page}:${line}: ${text.split('\n')[0]}`;

describe('the code blocks of the pages', () => {
  it('say what language they are in, so that none with commands is overlooked', () => {
    expect(all.filter(({ language, text }) => language === '' || (language === 'text' && /^\$ /m.test(text)))).toEqual(
      [],
    );
  });

  it('are run as sh or console, or say why not', () => {
    expect(toRun.filter(({ language }) => language !== 'sh' && language !== 'console').map(nameOf)).toEqual([]);
  });
});

const pictureTitles = {
  refusal:
    'A refused kubectl exec names the rule and the elevation that helps. After an approval, the same command works.',
};
const withoutTimes = (text: string) =>
  text
    .replaceAll(/\(recording [0-9a-f]{8}\)/g, '(recording <id>)')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');

/** A directory that looks like a clone: everything of the repository, without what a demo of its developer has left. */
function makeClone(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(root))
    if (!['.git', '.sallyport'].includes(name)) symlinkSync(path.join(root, name), path.join(directory, name));
}

/** Programs that open a page in the reader's browser: they write down its address. */
function makeBrowser(directory: string): { programs: string; /** The next page. */ opened(): string | undefined } {
  const [programs, list] = [path.join(directory, 'programs'), path.join(directory, 'opened')];
  mkdirSync(programs);
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(path.join(programs, name), `#!/bin/sh\nprintf '%s\\n' "$1" >> '${list}'\n`);
    chmodSync(path.join(programs, name), 0o755);
  }
  let seen = 0;
  return {
    programs,
    opened() {
      const next = existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n')[seen] : undefined;
      if (next !== undefined) seen += 1;
      return next;
    },
  };
}

describeWith(['kubectl'], 'a reader of the pages', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-docs-'));
  const clone = path.join(directory, 'sallyport');
  const tools = makeBrowser(directory);
  let demo: Demo;
  const outcome = { run: 0 };

  beforeAll(async () => {
    makeClone(clone);
    demo = await startDemo(path.join(clone, '.sallyport'), theBed().kubectl!, []);
  });
  afterAll(async () => {
    appendFileSync(path.join(clone, '.sallyport', 'done'), '');
    const { code, stdout, stderr } = await demo.command.ended;
    rmSync(directory, { recursive: true, force: true });
    // The code of the command after which it ends.
    if (code !== 7) throw new Error(`the demo ended with ${code}: ${stdout.slice(-2000)}${stderr.slice(-6000)}`);
    const skipped = commandBlocks.filter(({ skip }) => skip !== undefined);
    process.stderr.write(
      `docs: ${outcome.run} blocks run, of ${commandBlocks.length}; ${skipped.length} not run:\n${skipped.map((block) => `  ${nameOf(block)}: ${block.skip}\n`).join('')}`,
    );
  });

  const environmentOf = (page: string): Record<string, string> => {
    const usual = [tools.programs, path.dirname(process.execPath), path.dirname(theBed().kubectl!), process.env.PATH];
    const PATH = usual.join(':');
    const base = { PATH, HOME: path.join(directory, 'home'), DISPLAY: ':0', LANG: 'C.UTF-8' };
    if (fromNothing.has(page)) return base;
    const { kubeconfig, home } = demo.state;
    return { ...base, PATH: `${clone}/node_modules/.bin:${PATH}`, KUBECONFIG: kubeconfig, SALLYPORT_HOME: home };
  };

  /** What the reader types for the ID that `sallyport elevations list` has shown. */
  let elevation = '';
  const typed = (command: string) =>
    command.startsWith('sallyport elevations ') ? command.replaceAll(/\bID\b/g, elevation) : command;
  const noteElevation = (command: string, shown: string) => {
    if (command.startsWith('sallyport elevations list')) elevation = /^[0-9a-f]{8}(?=-)/m.exec(shown)?.[0] ?? '';
  };

  /** A command that another one is expected to end. */
  type Waiting = { block: PageBlock; command: string; fails: boolean; ended: ReturnType<ReaderShell['run']> };

  /** What the commands of the pictures printed. */
  const pictured = new Map<string, Typed[]>();
  const notePicture = ({ picture }: PageBlock, typed: Typed) => {
    if (picture !== undefined) pictured.set(picture, [...(pictured.get(picture) ?? []), typed]);
  };

  async function expectEnd({ block, command, fails, ended }: Waiting): Promise<void> {
    const begun = performance.now();
    const { code, stdout } = await ended;
    const took = Math.round(performance.now() - begun);
    notePicture(block, { command, shown: stdout });
    process.stderr.write(`docs: "${command}" ended ${took} ms after the next block, and showed: ${stdout}\n`);
    expect({ command, failed: code !== 0, soon: took < 60_000, stdout }).toMatchObject({
      command,
      failed: fails,
      soon: true,
    });
  }

  /** Waits for a command, and logs in wherever it opens a page. */
  async function whileBrowsing<T>(user: string, done: Promise<T>): Promise<T> {
    let over = false;
    const watching = (async () => {
      while (!over) {
        const url = tools.opened();
        if (url === undefined) await sleep(100);
        else {
          const browser = createPlainBrowser({ ca: readFileSync(demo.state.caFile, 'utf8') });
          await fillInForm(browser, url, { user: `${user}@example.com`, password: user });
        }
      }
    })();
    try {
      return await Promise.race([done, watching.then(() => done)]);
    } finally {
      over = true;
      await watching;
    }
  }

  async function runSh(block: PageBlock, shell: ReaderShell): Promise<Waiting | undefined> {
    const commands = commandsOf(block.text);
    const failing = (command: string) => block.fails.some((start) => command.startsWith(start));
    expect(block.fails).toHaveLength(commands.filter(failing).length);
    const last = block.waits ? commands.pop() : undefined;
    for (const written of commands) {
      const command = typed(written);
      const run = () => whileBrowsing(block.user, block.background ? shell.watch(command) : shell.run(command));
      let { code, stdout, stderr } = await run();
      // A reader does what the message says. A busy machine may be too late with a decision.
      for (let tries = 1; code !== 0 && !failing(written) && /\btry again\b/i.test(stderr) && tries < 4; tries += 1) {
        process.stderr.write(`docs: "${command}" is tried again, because it said: ${stderr}\n`);
        await sleep(2000);
        ({ code, stdout, stderr } = await run());
      }
      const failed = code !== 0;
      expect({ command, failed, stdout, stderr }).toEqual({ command, failed: failing(written), stdout, stderr });
      noteElevation(command, stdout);
      notePicture(block, { command, shown: `${stdout}${stderr}` });
      if (block.background) expect({ command, stdout, stderr }).not.toMatchObject({ stdout: '' });
    }
    if (last === undefined) return undefined;
    return { block, command: last, fails: failing(last), ended: (await shell.begin(last)).ended };
  }

  /** Logs in as the user of a block, on a page whose reader is expected to have logged in. */
  async function logIn({ user }: PageBlock, shell: ReaderShell): Promise<void> {
    const { stdout } = await shell.run('sallyport whoami -o json');
    if (stdout.includes(`"${user}@example.com"`)) return;
    await shell.run('sallyport logout');
    const { code, stderr } = await whileBrowsing(user, shell.run(`sallyport login --gateway ${demo.state.gatewayUrl}`));
    expect({ user, code, stderr }).toMatchObject({ code: 0 });
  }

  /** Runs the commands after `$ `, and returns what a terminal would show, with exit codes other than 0. */
  async function transcript(block: PageBlock, shell: ReaderShell, cwd: string): Promise<string> {
    let shown = '';
    for (const line of block.text.split('\n').filter((one) => one.startsWith('$ '))) {
      const { code, stdout, stderr } = await whileBrowsing(block.user, shell.run(line.slice(2)));
      shown += `${line}\n${`${stdout}${stderr}`.replaceAll(`${cwd}/`, '')}${code === 0 ? '' : `[${code}]\n`}`;
    }
    return shown;
  }

  describe.each(pages.filter((page) => toRun.some((block) => block.page === page)))('%s', (page) => {
    const blocks = toRun.filter((block) => block.page === page);
    const files = all.filter((block) => block.page === page && block.file !== undefined);
    // Pages that show files are followed in a directory that has them.
    const cwd = files.length === 0 ? clone : path.join(directory, path.basename(page, '.md'));
    const shells = new Map<string, ReaderShell>();
    let waiting: Waiting | undefined;
    let begun: number;
    beforeAll(async () => {
      // Each of these pages begins with a login.
      if (fromNothing.has(page))
        await runCli(['logout', '--gateway', demo.state.gatewayUrl], { home: demo.state.home });
      mkdirSync(cwd, { recursive: true });
      for (const { file, text } of files) writeFileSync(path.join(cwd, file!), text);
      mkdirSync(path.join(directory, 'home'), { recursive: true });
      for (const name of new Set(blocks.map(({ terminal }) => terminal)))
        shells.set(name, startReaderShell({ cwd, env: environmentOf(page) }));
      begun = performance.now();
    });
    afterAll(async () => {
      process.stderr.write(`docs: ${page} took ${Math.round((performance.now() - begun) / 1000)} s, without reading\n`);
      await Promise.all([...shells.values()].map((shell) => shell.close()));
    });

    it.each(blocks.map((block) => [nameOf(block), block] as const))('works as written: %s', async (_name, block) => {
      const shell = shells.get(block.terminal)!;
      if (block.language === 'sh' && !fromNothing.has(page)) await logIn(block, shell);
      const before = waiting;
      waiting = undefined;
      if (block.language === 'sh') waiting = await runSh(block, shell);
      else expect(await transcript(block, shell, cwd)).toBe(block.text);
      if (before !== undefined) await expectEnd(before);
      outcome.run += 1;
    });
  });

  // To draw the pictures anew: SALLYPORT_DRAW_PICTURES=1 npm run test:e2e -- --testPathPatterns src/docs
  it.each(Object.entries(pictureTitles))('sees in the picture "%s" what the demo prints', (name, title) => {
    const drawn = drawTerminal(title, pictured.get(name)!);
    const file = path.join(root, 'docs', 'pictures', `${name}.svg`);
    if (process.env.SALLYPORT_DRAW_PICTURES !== undefined) writeFileSync(file, drawn);
    expect(withoutTimes(readFileSync(file, 'utf8'))).toBe(withoutTimes(drawn));
  });
});
