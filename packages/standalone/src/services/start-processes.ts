import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { serviceProgram } from './bundled-program.ts';

export type ProcessesRequest = {
  configFile: string;
  /** Each service logs to `<directory>/<service>.log`. */
  directory: string;
  adminPorts: Readonly<Record<string, number>>;
  only?: readonly ServiceName[];
  /** Programs to run instead of the services' own, with the same arguments. */
  programs?: Partial<Record<ServiceName, string>>;
  environment?: Record<string, string>;
  readyTimeoutMs?: number;
};

/** The four services, each in its own process. */
export type Processes = {
  pid(name: ServiceName): number | undefined;
  logFile(name: ServiceName): string;
  start(name: ServiceName): Promise<void>;
  /** Stops a service (with SIGTERM by default) and waits until it has exited. */
  stop(name: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  stopAll(): Promise<void>;
};

/** Says where the log of a service is, and what its last lines are, because a test removes its directory. */
const endOf = (logFile: string) => `see ${logFile}, which ends with:\n${readFileSync(logFile, 'utf8').slice(-1000)}`;

async function ready(
  port: number,
  child: ChildProcess,
  name: string,
  timeoutMs: number,
  logFile: string,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} exited before it was ready (code ${child.exitCode}); ${endOf(logFile)}`);
    // Full readiness also depends on the stores. This only waits until the service runs and listens.
    const report = await fetch(`http://127.0.0.1:${port}/readyz`)
      .then((answer) => answer.json() as Promise<{ checks?: Record<string, string> }>)
      .catch(() => undefined);
    if (report?.checks?.service === 'ok') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} did not start within ${timeoutMs} ms; ${endOf(logFile)}`);
}

/** Starts services as processes with one configuration file, and waits until each runs. */
export async function startProcesses(request: ProcessesRequest): Promise<Processes> {
  const children = new Map<ServiceName, ChildProcess>();
  const logFile = (name: ServiceName) => path.join(request.directory, `${name}.log`);
  const start = async (name: ServiceName) => {
    const log = openSync(logFile(name), 'a');
    const child = spawn(
      process.execPath,
      [
        // As in the image: see deploy/image/entrypoint.sh.
        '--no-sparkplug',
        '--external-memory-accounted-in-global-limit',
        '--disable-warning=TimeoutNegativeWarning',
        request.programs?.[name] ?? serviceProgram(name),
        '--config',
        request.configFile,
      ],
      {
        stdio: ['ignore', log, log],
        env: { ...process.env, ...request.environment },
      },
    );
    children.set(name, child);
    await ready(request.adminPorts[name]!, child, name, request.readyTimeoutMs ?? 20_000, logFile(name));
  };
  const stop = async (name: ServiceName, signal: NodeJS.Signals = 'SIGTERM') => {
    const child = children.get(name);
    children.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  const stopAll = async () => void (await Promise.all([...children.keys()].map((name) => stop(name))));
  try {
    await Promise.all((request.only ?? serviceNames).map(start));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return { pid: (name) => children.get(name)?.pid, logFile, start, stop, stopAll };
}
