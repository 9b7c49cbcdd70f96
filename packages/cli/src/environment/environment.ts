import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import process from 'node:process';

/** Where text goes; `isTTY` tells whether a person may be watching. */
export type TextSink = { write(text: string): void; isTTY: boolean };

/** All that the program takes from its surroundings, so that a test can be its surroundings. */
export type Environment = {
  env: Record<string, string | undefined>;
  homeDirectory: string;
  platform: NodeJS.Platform;
  workingDirectory: string;
  /** The process that started this one: for `exec-credential`, the Kubernetes client. */
  parentPid: number;
  /** True once that process has ended. */
  parentIsGone(): boolean;
  stdin: AsyncIterable<Uint8Array>;
  stdout: TextSink;
  stderr: TextSink;
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back when the person interrupts the program, which then ends; returns how to stop. */
  onInterrupt(listener: () => void): () => void;
  /** Starts a program that outlives this one and is not waited for; false if it cannot be started. */
  launch(command: string, args: readonly string[]): Promise<boolean>;
};

const sink = (stream: NodeJS.WriteStream): TextSink => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
});

function launch(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    // Its own session and no streams: a text browser must not take over the terminal that kubectl runs in.
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
    // As if nobody had listened: the shell must see what ended it.
    process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', handle);
  return stop;
}

/** The surroundings of a real run. */
export function processEnvironment(): Environment {
  const parentPid = process.ppid;
  return {
    env: process.env,
    homeDirectory: homedir(),
    platform: process.platform,
    workingDirectory: process.cwd(),
    parentPid,
    // An orphan is given another parent; Windows leaves the number of the old one.
    parentIsGone: () => process.ppid !== parentPid,
    // Only when it is wanted: opening it costs time and would keep the program waiting.
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
