import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, lastLines } from './command.ts';
import { identifyProcess, isAlive, signalProcess, suspendProcess, type ProcessIdentity } from './process-identity.ts';
import type { Run } from './run-directory.ts';
import { waitUntil } from './wait.ts';

export type ManagedProcessOptions = {
  run: Run;
  /** Unique within the run. Names the log and the pid file. */
  name: string;
  program: string;
  args: readonly string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Runs as this user (requires root). */
  user?: { uid: number; gid: number };
  /** Runs in the network namespace that is mounted at this file (requires root). */
  networkNamespace?: string | undefined;
  /** Called until it returns true. An error means "not yet". */
  ready: () => Promise<boolean> | boolean;
  readyTimeoutMs?: number;
  stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  graceMs?: number;
  /** The signal that the kernel sends it when the process of the bed dies. */
  orphanSignal?: NodeJS.Signals;
};

/** The contents of a pid file, with which a later run can stop the process. */
export type ProcessRecord = ProcessIdentity & { name: string; stopSignal: NodeJS.Signals; graceMs: number };

/** A server of the bed. It is stopped by its own pid. */
export class ManagedProcess {
  readonly logFile: string;
  readonly #options: ManagedProcessOptions;
  readonly #pidFile: string;
  #child: ChildProcess | undefined;
  #identity: ProcessIdentity | undefined;
  #logStart = 0;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    this.logFile = path.join(options.run.directory, `${options.name}.log`);
    this.#pidFile = path.join(options.run.directory, 'processes', `${options.name}.json`);
  }

  get name(): string {
    return this.#options.name;
  }

  get pid(): number | undefined {
    return this.#identity?.pid;
  }

  /** Returns what it has logged since its last start. */
  log(): string {
    return readFileSync(this.logFile).subarray(this.#logStart).toString('utf8');
  }

  /** Starts it and waits until it is ready. Rejects with the end of its log if it dies or takes too long. */
  async start(): Promise<void> {
    if (this.#identity) throw new Error(`${this.#options.name} runs already`);
    await this.#spawn();
    const child = this.#child!;
    const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const timeoutMs = this.#options.readyTimeoutMs ?? 30_000;
    let ready = false;
    await waitUntil(async () => gone() || (ready = await this.#options.ready()), timeoutMs);
    if (ready && !gone()) return;
    const why = gone()
      ? `exited with ${child.exitCode ?? child.signalCode}`
      : `was not ready after ${timeoutMs / 1000} s`;
    const log = lastLines(this.log(), 15);
    await this.stop();
    throw new Error(`${this.#options.name} ${why}. The end of its log:\n${log}`);
  }

  /** Stops it, by force if necessary. Does nothing if it is not running. */
  async stop(): Promise<void> {
    const identity = this.#identity;
    if (!identity) return;
    await endProcess({ ...identity, ...this.#manners() });
    rmSync(this.#pidFile, { force: true });
    this.#identity = undefined;
    this.#child = undefined;
  }

  /** Stops it and starts it again with the same arguments, on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Suspends it: its connections stay open and nothing answers. */
  async freeze(): Promise<void> {
    if (this.#identity) await suspendProcess(this.#identity);
  }

  /** Resumes it after `freeze`. */
  thaw(): void {
    if (this.#identity) signalProcess(this.#identity, 'SIGCONT');
  }

  #manners(): { stopSignal: NodeJS.Signals; graceMs: number } {
    return { stopSignal: this.#options.stopSignal ?? 'SIGTERM', graceMs: this.#options.graceMs ?? 10_000 };
  }

  async #spawn(): Promise<void> {
    const { name, env, cwd } = this.#options;
    const log = openSync(this.logFile, 'a', 0o600);
    this.#logStart = fstatSync(log).size;
    const [program, ...args] = commandLine(this.#options);
    // In its own session: Ctrl-C in the terminal only reaches the bed, which stops its servers in the right order.
    const child = spawn(program!, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`cannot start ${name}: ${error.message}`, { cause: error })));
    });
    this.#child = child;
    const identity = identifyProcess(child.pid!) ?? { pid: child.pid!, startedAt: 'gone' };
    this.#identity = identity;
    const record: ProcessRecord = { name, ...identity, ...this.#manners() };
    writeFileSync(this.#pidFile, JSON.stringify(record), { mode: 0o600 });
  }
}

/** Ends exactly this process: with SIGTERM, and after the grace period by force. */
export async function endProcess(
  record: ProcessIdentity & { stopSignal: NodeJS.Signals; graceMs: number },
): Promise<void> {
  signalProcess(record, record.stopSignal);
  signalProcess(record, 'SIGCONT');
  if (await waitUntil(() => !isAlive(record), record.graceMs, 20)) return;
  signalProcess(record, 'SIGKILL');
  await waitUntil(() => !isAlive(record), 5_000, 20);
}

// On Linux, the kernel ends a server when the process of the bed dies without stopping it.
function commandLine(options: ManagedProcessOptions): string[] {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const command = [...entering(options.networkNamespace), options.program, ...options.args];
  if (!setpriv) {
    if (options.user) throw new Error(`${options.name} cannot run as root, and setpriv (util-linux) is missing`);
    return command;
  }
  const user = options.user
    ? ['--reuid', String(options.user.uid), '--regid', String(options.user.gid), '--clear-groups']
    : [];
  return [setpriv, ...user, '--pdeathsig', (options.orphanSignal ?? 'SIGKILL').replace('SIG', ''), '--', ...command];
}

/** Returns the beginning of a command that runs in a network namespace. nsenter replaces itself by the program. */
export function entering(networkNamespace: string | undefined): string[] {
  return networkNamespace === undefined ? [] : ['nsenter', `--net=${networkNamespace}`, '--'];
}
