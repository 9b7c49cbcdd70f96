import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Where text goes. `isTTY` is true if it is a terminal, and `columns` is then its width, where it is known. */
type TextSink = { write(text: string): void; isTTY: boolean; readonly columns?: number | undefined };

/** Everything that the program takes from its environment. A test replaces it. */
export type Environment = {
  env: Record<string, string | undefined>;
  homeDirectory: string;
  platform: NodeJS.Platform;
  /** The architecture of the processor, such as `x64`. */
  architecture: string;
  nodeVersion: string;
  workingDirectory: string;
  /** The directory with the `bin` and `dist` that this program runs from, without links. Undefined if there is none. */
  programDirectory: string | undefined;
  /** The keys with which releases are signed that this program accepts, as in minisign.pub. */
  releaseKeys: readonly string[];
  /** The process that started this one. For `exec-credential`, that is the Kubernetes client. */
  parentPid: number;
  /** Reports whether that process has ended. */
  parentIsGone(): boolean;
  stdin: AsyncIterable<Uint8Array>;
  stdout: TextSink;
  stderr: TextSink;
  /** How often `-v` was given: how much to say about what is asked. */
  verbosity?: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The time zone of the person, as its IANA name. By default it is that of the process. */
  timeZone?: string;
  sleep(ms: number): Promise<void>;
  /**
   * Calls `listener` when a signal ends the program (Ctrl-C, a closed terminal, kill): at once, or when the promise that
   * `listener` returns is settled, within a second. Returns a function that unsubscribes.
   */
  onInterrupt(listener: () => void | Promise<void>): () => void;
  /** Starts a program that outlives this one, without waiting for it. Returns false if it cannot be started. */
  launch(command: string, args: readonly string[]): Promise<boolean>;
};

const sink = (stream: NodeJS.WriteStream): TextSink => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
  // Read anew for every line, because the window may change its size.
  get columns() {
    return stream.columns;
  },
});

function launch(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    // A separate session without streams: a text browser must not take over the terminal that kubectl runs in.
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/** Finds the directory of this program: from a bundle, from what the compiler wrote, or from the sources. */
function findProgram(): string | undefined {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 3; up += 1) {
    directory = path.dirname(directory);
    if (existsSync(path.join(directory, 'bin', 'sallyport.js'))) return directory;
  }
  return undefined;
}

// The bundler of a release puts the keys in place of this name. In a development build, it is empty.
declare const __SALLYPORT_RELEASE_KEYS__: string;
const builtInKeys = (): string[] =>
  (typeof __SALLYPORT_RELEASE_KEYS__ === 'undefined' ? '' : __SALLYPORT_RELEASE_KEYS__).split(' ').filter(Boolean);

type InterruptListener = () => void | Promise<void>;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const interruptListeners = new Set<InterruptListener>();
const longestGoodbyeMs = 1000;

function unwatchSignals(): void {
  for (const signal of signals) process.removeListener(signal, handleInterrupt);
}

/** Calls every listener once, waits for those that return a promise, and ends the program as the signal would have. */
function handleInterrupt(signal: NodeJS.Signals): void {
  unwatchSignals();
  const listeners = [...interruptListeners];
  interruptListeners.clear();
  const open = listeners.map((listener) => listener()).filter((result) => result instanceof Promise);
  // The shell must see that a signal ended the program.
  const end = () => void process.kill(process.pid, signal);
  if (open.length === 0) return end();
  setTimeout(end, longestGoodbyeMs);
  void Promise.allSettled(open).then(end);
}

function onInterrupt(listener: InterruptListener): () => void {
  interruptListeners.add(listener);
  if (interruptListeners.size === 1) for (const signal of signals) process.on(signal, handleInterrupt);
  return () => {
    interruptListeners.delete(listener);
    if (interruptListeners.size === 0) unwatchSignals();
  };
}

/** Returns the environment of this process. */
export function processEnvironment(): Environment {
  const parentPid = process.ppid;
  return {
    env: process.env,
    homeDirectory: homedir(),
    platform: process.platform,
    architecture: process.arch,
    nodeVersion: process.versions.node,
    workingDirectory: process.cwd(),
    get programDirectory() {
      return findProgram();
    },
    releaseKeys: builtInKeys(),
    parentPid,
    // An orphan gets another parent. Windows keeps the id of the old one.
    parentIsGone: () => process.ppid !== parentPid,
    // Opened on first use: opening it takes time and would keep the program running.
    get stdin() {
      return process.stdin;
    },
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    now: Date.now,
    sleep: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
      }),
    onInterrupt,
    launch,
  };
}
