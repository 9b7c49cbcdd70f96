import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { runCli } from '../program/run-cli.ts';
import { processEnvironment, type Environment } from '../environment/environment.ts';

/** The result of one run. */
export type Run = { code: number; out: string; err: string };
/** The environment of a test: a directory, recorded streams, and a browser that logs in automatically. */
export type Rig = {
  directory: string;
  home: string;
  kubeconfig: string;
  environment: Environment;
  opened: string[];
  /** Called with standard error as it is written. */
  onErr: (text: string) => void;
  run(...args: string[]): Promise<Run>;
  remove(): void;
};

/** Opens the login page and follows its redirects. */
export async function browse(url: string): Promise<string> {
  return (await fetch(url)).text();
}

const machine = { platform: process.platform, architecture: 'x64', nodeVersion: '20.0.0' };

export function createRig(changes: Partial<Environment> = {}): Rig {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-cli-'));
  const home = path.join(directory, 'home');
  const kubeconfig = path.join(directory, 'kubeconfig');
  const opened: string[] = [];
  const environment: Environment = {
    env: { SALLYPORT_HOME: home, KUBECONFIG: kubeconfig },
    homeDirectory: directory,
    ...machine,
    workingDirectory: directory,
    programDirectory: processEnvironment().programDirectory,
    releaseKeys: [],
    parentPid: process.ppid,
    parentIsGone: () => false,
    stdin: Readable.from([]),
    stdout: { isTTY: false, write: () => {} },
    stderr: { isTTY: false, write: () => {} },
    now: Date.now,
    sleep: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, Math.min(ms, 20));
      }),
    onInterrupt: () => () => {},
    launch: (command, args) => {
      opened.push([command, ...args].join(' '));
      void browse(args.at(-1)!);
      return Promise.resolve(true);
    },
    ...changes,
  };
  const rig: Rig = {
    onErr: () => {},
    directory,
    home,
    kubeconfig,
    environment,
    opened,
    async run(...args) {
      const kept = { out: '', err: '' };
      const own: Environment = {
        ...environment,
        stdout: {
          isTTY: environment.stdout.isTTY,
          write: (text) => {
            kept.out += text;
          },
        },
        stderr: {
          isTTY: environment.stderr.isTTY,
          write: (text) => {
            kept.err += text;
            rig.onErr(text);
          },
        },
      };
      return { code: await runCli(args, own), ...kept };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
  return rig;
}

/** Returns the address of the login page in the output of a login. */
export function printedPage(text: string): string {
  return /^ {2}(http\S+)$/m.exec(text)?.[1] ?? '';
}
