import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sleep } from './processes.ts';

export type Child = { pid: number; process: ChildProcess; stop(): Promise<void> };

function wrap(child: ChildProcess): Child {
  return {
    pid: child.pid!,
    process: child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Starts a program of Node.js. `inside` is the command in front of it, such as one that enters a network namespace. */
export function startNode(args: readonly string[], logFile: string, inside: readonly string[] = []): Child {
  const log = openSync(logFile, 'a');
  const [program, ...rest] = [...inside, process.execPath, ...args] as [string, ...string[]];
  return wrap(spawn(program, rest, { stdio: ['ignore', log, log, 'ipc'] }));
}

/** Starts one of our programs (a file next to main.js) and sends it a request by IPC. Resolves with its first message. */
export async function startOwn<Ready>(
  program: string,
  request: unknown,
  logFile: string,
  inside?: readonly string[],
): Promise<Child & { ready: Ready }> {
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', program);
  const started = startNode([file], logFile, inside);
  const child = started.process;
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${lastLines(logFile)}`)));
    child.send(request as object);
  });
  return { ...started, ready };
}

const lastLines = (file: string) => readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' | ');

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Starts another project's server and waits until its port accepts connections. */
export async function startServer(
  program: string,
  args: readonly string[],
  options: { port: number; logFile: string; env?: Record<string, string> },
): Promise<Child> {
  const log = openSync(options.logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
  await new Promise<void>((resolve, reject) => void child.once('spawn', resolve).once('error', reject));
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) break;
    if (await listens(options.port)) return wrap(child);
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`${path.basename(program)} did not start: ${lastLines(options.logFile)}`);
}
