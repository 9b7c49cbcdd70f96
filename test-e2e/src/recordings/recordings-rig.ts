import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import {
  createNamespace,
  realClusterAccess,
  runCommand,
  runDirectory,
  startCommand,
  startPod,
  theBed,
  type CommandResult,
  type RunningCommand,
  type TestNamespace,
} from '../harness/index.ts';
import { createServeRig, type RigPerson, type ServeRig } from '../small/serve-rig.ts';

/** A recording as `sallyport recordings list -o json` prints it. */
export type ListedRecording = {
  id: string;
  state: string;
  user: string;
  namespace: string;
  name: string;
  parts: number;
  bytes: number;
};

/** A small gateway before the bed's cluster, which records, with two people logged in and pods to run commands in. */
export type RecordingsRig = ServeRig & {
  namespace: TestNamespace;
  /** The file that opens the recordings. */
  identity: string;
  /** The directory in which they are kept. */
  store: string;
  /** The environment of alice, once the gateway has begun. */
  aliceEnv(): RigPerson['env'];
  /** Runs kubectl as alice. */
  exec(args: readonly string[], options?: { env?: Record<string, string>; input?: string }): Promise<CommandResult>;
  /** Starts kubectl as alice, at a terminal if `tty`. */
  startExec(args: readonly string[], options?: { env?: Record<string, string>; tty?: boolean }): RunningCommand;
  /** Runs the command line as carol, the auditor. Throws if it fails. */
  auditor(...args: string[]): Promise<string>;
  /** Starts the gateway, and logs the people in. */
  begin(): Promise<RunningCommand>;
  recordings(...filters: string[]): Promise<ListedRecording[]>;
};

/** By which protocol kubectl opens an exec. */
export const protocols = [
  ['WebSocket', 'true'],
  ['SPDY', 'false'],
] as const;

/** Returns the environment in which kubectl uses a protocol. */
export const protocolEnv = (webSockets: string) => ({ KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets });

/** Quotes words for a shell. */
export const quote = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

/** Creates the rig, with a pod `shell`. `recordings` and `more` are sections of its configuration. */
export async function createRecordingsRig(
  recordings: Record<string, unknown>,
  more: Record<string, unknown> = {},
  environment: Record<string, string> = {},
): Promise<RecordingsRig> {
  const directory = mkdtempSync(path.join(runDirectory(), 'recordings-'));
  const identity = path.join(directory, 'identity.txt');
  const made = await runCommand('age-keygen', ['-o', identity]);
  const recipient = /age1[a-z0-9]+/.exec(made.stderr)?.[0];
  if (recipient === undefined) throw new Error(`age-keygen printed no key: ${made.stderr}`);
  const store = path.join(directory, 'store');
  const namespace = await createNamespace();
  await startPod(namespace.name, 'shell', 'sleep 100000', { stdin: true });
  const rig = await createServeRig(
    {
      clusters: [
        {
          name: 'dev',
          ...(await realClusterAccess(theBed().cluster!)),
          policy: [{ allow: { or: [{ groups: 'developers' }] } }],
        },
      ],
      api: {
        policy: {
          audit: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
          recordings: [{ allow: { or: [{ groups: 'security-auditors' }] } }],
        },
      },
      recordings: { recipients: [recipient], store: { dir: store }, ...recordings },
      ...more,
    },
    environment,
  );
  let alice: RigPerson;
  let carol: RigPerson;
  const kubectl = theBed().kubectl!;
  const auditor = async (...args: string[]) => {
    const { code, stdout, stderr } = await carol.cli(...args);
    if (code !== 0) throw new Error(`sallyport ${args.join(' ')} failed with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  return {
    ...rig,
    namespace,
    identity,
    store,
    aliceEnv: () => alice.env,
    exec: (args, { env = {}, input } = {}) =>
      runCommand(kubectl, ['-n', namespace.name, ...args], {
        env: { ...alice.env, ...env },
        ...(input === undefined ? {} : { input }),
      }),
    startExec(args, { env = {}, tty = false } = {}) {
      const words = ['-n', namespace.name, ...args];
      const options = { env: { ...alice.env, ...env } };
      return tty
        ? startCommand('script', ['-qec', quote([kubectl, ...words]), '/dev/null'], options)
        : startCommand(kubectl, words, options);
    },
    auditor,
    async begin() {
      const gateway = await rig.start();
      alice = await rig.person('alice@example.com');
      const merged = await alice.cli('kubeconfig', '--merge');
      if (merged.code !== 0) throw new Error(`sallyport kubeconfig failed with ${merged.code}: ${merged.stderr}`);
      carol = await rig.person('carol@example.com');
      return gateway;
    },
    async recordings(...filters) {
      const listed = await auditor('recordings', 'list', ...filters, '-o', 'json');
      return (JSON.parse(listed) as { recordings: ListedRecording[] }).recordings;
    },
    async stop() {
      await rig.stop();
      await namespace.remove();
    },
  };
}
