import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import process from 'node:process';

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
  /** The process that started this one. For `exec-credential`, that is the Kubernetes client. */
  parentPid: number;
  /** Reports whether that process has ended. */
  parentIsGone(): boolean;
  stdin: AsyncIterable<Uint8Array>;
  stdout: TextSink;
  stderr: TextSink;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `listener` when the user interrupts the program, which then ends. Returns a function that unsubscribes. */
  onInterrupt(listener: () => void): () => void;
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

function onInterrupt(listener: () => void): () => void {
  const stop = () => void process.removeListener('SIGINT', handle);
  const handle = () => {
    stop();
    listener();
    // The shell must see that a signal ended the program.
    process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', handle);
  return stop;
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
