import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isFullRun } from '@sallyport/kit/testing';
import { eventually } from '../harness/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let directory: string;
beforeEach(() => {
  started = [];
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-stop-'));
});

type Found = { pid: number; text: string };
let started: Found[] = [];

function look(pid: string): (Found & { parent: number; marked: boolean }) | undefined {
  try {
    const [stat, text, environment] = ['stat', 'cmdline', 'environ'].map((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'latin1'),
    );
    const [state, parent] = stat!.replace(/^.*\) /s, '').split(' ');
    const marked = text!.includes(directory) || environment!.includes(`SALLYPORT_TEST_MARK=${directory}`);
    return state === 'Z'
      ? undefined
      : { pid: Number(pid), text: text!.replaceAll('\0', ' ').trim(), parent: Number(parent), marked };
  } catch {
    return undefined;
  }
}

/**
 * Returns every process that names the directory of this test, and their descendants, because Redis overwrites both its
 * command line and its environment.
 */
function running(): Found[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(name) ?? []);
  const mine = new Set(
    all
      .filter(({ pid, text, marked }) => marked || started.some((one) => one.pid === pid && one.text === text))
      .map(({ pid }) => pid),
  );
  for (let before = -1; before !== mine.size;) {
    before = mine.size;
    for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid);
  }
  started = all.filter(({ pid }) => mine.has(pid)).map(({ pid, text }) => ({ pid, text }));
  return started;
}

afterEach(() => {
  for (const { pid } of running()) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Starts `npm run ...` like a shell: in its own process group, in the foreground. */
function npmRun(...args: string[]): ChildProcess {
  return spawn('npm', ['run', '--silent', ...args], {
    cwd: root,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, SALLYPORT_TEST_MARK: directory },
  });
}

/** Waits for what `running` finds. Each look reads three files of every process of the machine. */
const seldom = (what: string, ask: () => boolean, timeoutMs = 240_000) =>
  eventually(what, ask, timeoutMs, () => JSON.stringify(running().map(({ text }) => text)), 250);
const nothingLeft = () => seldom('nothing to be left running', () => running().length === 0, 120_000);
const pidOf = (part: string) => running().find(({ text }) => text.includes(part))!.pid;

const ends: [string, (npm: ChildProcess) => void][] = [
  ['SIGTERM to npm', (npm) => npm.kill('SIGTERM')],
  ['SIGHUP to npm', (npm) => npm.kill('SIGHUP')],
  ['SIGKILL to npm', (npm) => npm.kill('SIGKILL')],
  ['SIGKILL to what npm runs', () => process.kill(pidOf('scripts/run.mjs'), 'SIGKILL')],
  ['Ctrl-C', (npm) => process.kill(-npm.pid!, 'SIGINT')],
];

if (isFullRun)
  describe('npm run demo', () => {
    // How signals reach it through npm and scripts/run.mjs is the same for the bed, which starts in a tenth of the time.
    it.each(ends.filter(([what]) => /SIGKILL|Ctrl-C/.test(what)))(
      'leaves nothing running after %s',
      async (_what, end) => {
        const npm = npmRun('demo', '--', '--port', '0', '--state-dir', directory);
        const stateFile = path.join(directory, 'demo.json');
        await eventually('the demo to be ready', () => (existsSync(stateFile) ? true : undefined), 200_000);
        expect(running().length).toBeGreaterThan(2);
        end(npm);
        await nothingLeft();
        // It was stopped, not killed.
        expect(existsSync(stateFile)).toBe(false);
      },
    );

    it('leaves nothing of its command running', async () => {
      const npm = npmRun('demo', '--', '--port', '0', '--state-dir', directory, '--exit-after', 'sleep 1000; true');
      await seldom('the command to run', () => running().some(({ text }) => text === 'sleep 1000'));
      npm.kill('SIGTERM');
      await nothingLeft();
    });
  });

describe('npm run bed', () => {
  it.each(ends.filter(([what]) => isFullRun || what === 'SIGKILL to npm'))(
    'leaves nothing running after %s',
    async (_what, end) => {
      const npm = npmRun('bed', '--', 'up', '--need', 'redis', '--run-dir', directory);
      await seldom('Redis to run', () => running().some(({ text }) => text.includes('redis-server')));
      end(npm);
      await nothingLeft();
    },
  );
});
