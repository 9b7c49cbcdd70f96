import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { eventually } from '@sallyport/kit/testing';

export type CommandOptions = {
  env?: Record<string, string | undefined>;
  input?: string | Buffer;
  cwd?: string;
  timeoutMs?: number;
};
export type CommandResult = { code: number; stdout: string; stderr: string };

/** A program that was started and may still be running. */
export type RunningCommand = {
  readonly pid: number;
  readonly stdin: Writable;
  stdout(): string;
  stderr(): string;
  /**
   * Waits until standard output and error together match, for two and a half minutes at most: four files of tests start
   * programs at a time. Throws if the program exits first.
   */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  readonly ended: Promise<CommandResult>;
  /** Ends it with a signal (SIGTERM) and waits. */
  stop(signal?: NodeJS.Signals): Promise<CommandResult>;
};

/** Starts a program in the environment of the test plus `env`. It is killed after `timeoutMs` (four and a half minutes). */
export function startCommand(program: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  child.stdin.on('error', () => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 270_000);
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), ...text });
    });
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid!,
    stdin: child.stdin,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    ended,
    async says(pattern, timeoutMs = 150_000) {
      let over = false;
      void ended
        .catch(() => undefined)
        .then(() => {
          over = true;
        });
      const [found] = await eventually(
        `${program} ${args.join(' ')} to print ${pattern}`,
        () => {
          const match = pattern.exec(`${text.stdout}\n${text.stderr}`);
          return match || over ? [match] : undefined;
        },
        timeoutMs,
        () => JSON.stringify(text),
      );
      if (!found)
        throw new Error(`${program} ${args.join(' ')} exited without printing ${pattern}: ${JSON.stringify(text)}`);
      return found;
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null) child.kill(signal);
      return ended;
    },
  };
}

/** Runs a program until it exits. Without `input`, its standard input is empty. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const command = startCommand(program, args, options);
  command.stdin.end(options.input ?? '');
  return command.ended;
}
