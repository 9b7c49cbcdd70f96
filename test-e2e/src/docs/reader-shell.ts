import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { eventually } from '../harness/index.ts';

type Result = { code: number; stdout: string; stderr: string };
/** A bash in which a reader types one command after the other, so that variables, aliases and `cd` stay. */
export type ReaderShell = {
  run(command: string): Promise<Result>;
  /** Starts a command, waits until it has printed something, and stops it. */
  watch(command: string): Promise<Result>;
  /** Starts a command as on a terminal, and waits until it has printed something. `ended` has all that it shows. */
  begin(command: string): Promise<{ ended: Promise<Result> }>;
  close(): Promise<void>;
};

const slowest = 60_000;

/** Splits a text into commands, as bash reads them: lines that continue belong together. Leaves out comments. */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let command = '';
  for (const line of text.split('\n')) {
    command = command === '' ? line : `${command}\n${line}`;
    const { status, stderr } = spawnSync('bash', ['-n'], { input: `${command}\n`, encoding: 'utf8' });
    if (command.endsWith('\\') || status !== 0 || stderr !== '') continue;
    if (!/^\s*(?:#|$)/.test(command)) commands.push(command);
    command = '';
  }
  if (command.trim() !== '') throw new Error(`this is not a whole command: ${command}`);
  return commands;
}

/** Starts the shell. */
export function startReaderShell(options: { cwd: string; env: Record<string, string> }): ReaderShell {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-reader-'));
  const [typed, out, err, keyboard] = ['typed', 'out', 'err', 'keyboard'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  });
  const input = shell.stdin!;
  const ends = (shell.stdio[3] as Readable).setEncoding('utf8');
  // Of the keyboard nothing comes, and it has no end.
  input.write(`shopt -s expand_aliases; set -o pipefail; mkfifo '${keyboard}'; exec 4<>'${keyboard}'\n`);

  const result = (code: number) => ({ code, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') });
  const ended = once(shell, 'close').then(() => {
    throw new Error(`the shell ended: ${existsSync(err) ? readFileSync(err, 'utf8') : ''}`);
  });
  ended.catch(() => undefined);
  const answer = async (script: string): Promise<string> => {
    const timer = setTimeout(() => shell.kill('SIGKILL'), slowest);
    input.write(script);
    const [text] = await Promise.race([once(ends, 'data') as Promise<[string]>, ended]);
    clearTimeout(timer);
    return text.trim();
  };

  return {
    async run(command) {
      writeFileSync(typed, command);
      return result(Number(await answer(`eval "$(cat '${typed}')" </dev/null >'${out}' 2>'${err}'; echo $? >&3\n`)));
    },
    async watch(command) {
      writeFileSync(typed, command);
      // The shell may still have to open the files, and what the last command printed is not to be taken for this one's.
      for (const file of [out, err]) writeFileSync(file, '');
      const pid = await answer(`{ eval "$(cat '${typed}')"; } </dev/null >'${out}' 2>'${err}' & echo $! >&3\n`);
      await eventually(`output of ${command}`, () => readFileSync(out, 'utf8') !== '', slowest);
      const printed = result(0);
      // The shell that runs the command, and the command itself.
      spawnSync('pkill', ['-TERM', '-P', pid]);
      spawnSync('kill', [pid]);
      return printed;
    },
    async begin(command) {
      const [shown, code] = ['shown', 'code'].map((name) => path.join(directory, `${name}-${randomUUID()}`)) as [
        string,
        string,
      ];
      writeFileSync(typed, command);
      writeFileSync(shown, '');
      await answer(
        `{ script -qec "$(cat '${typed}')" /dev/null <&4 >'${shown}' 2>&1; echo $? >'${code}'; } & echo $! >&3\n`,
      );
      await eventually(`output of ${command}`, () => existsSync(code) || readFileSync(shown, 'utf8') !== '', slowest);
      const ended = eventually(
        `the end of ${command}`,
        () => existsSync(code) && readFileSync(code, 'utf8') !== '',
        slowest,
        () => `: ${readFileSync(shown, 'utf8')}`,
      ).then(() => ({
        code: Number(readFileSync(code, 'utf8')),
        stdout: readFileSync(shown, 'utf8'),
        stderr: '',
      }));
      return { ended };
    },
    async close() {
      input.end('exit\n');
      if (shell.exitCode === null) await once(shell, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
