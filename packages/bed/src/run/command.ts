import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export type CommandOptions = {
  cwd?: string;
  env?: Record<string, string | undefined>;
  input?: string | Buffer;
  timeoutMs?: number;
  signal?: AbortSignal;
};
export type CommandResult = { code: number; stdout: string; stderr: string };

/** Runs a program and returns its output and exit code. Rejects only if it cannot start or takes too long. */
export function tryCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout!.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr!.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const stderr = Buffer.concat(chunks.stderr).toString('utf8');
      if (code === null)
        reject(
          new Error(`${path.basename(program)} ${args.join(' ')} was ended by ${signal}: ${lastLines(stderr, 5)}`),
        );
      else resolve({ code, stdout: Buffer.concat(chunks.stdout).toString('utf8'), stderr });
    });
    if (options.input !== undefined) {
      child.stdin!.on('error', () => {});
      child.stdin!.end(options.input);
    }
  });
}

/** Runs a program and returns its standard output. Rejects if it fails. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await tryCommand(program, args, options);
  if (result.code !== 0) {
    throw new Error(
      `${path.basename(program)} ${args.join(' ')} failed with code ${result.code}: ${lastLines(result.stderr || result.stdout, 12)}`,
    );
  }
  return result.stdout;
}

/** Finds a program by name in the PATH and in the directories for administrators. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const directory of directories.filter((entry) => entry !== '')) {
    for (const suffix of suffixes) {
      const file = path.join(directory, name + suffix);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns arguments of the form `--name=value`. */
export function flags(values: Record<string, string | number>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** Returns the last lines of a text, for an error message. */
export function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
