import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { demoProgram } from '@sallyport/standalone';
import {
  answerLogin,
  checkAuditFiles,
  eventually,
  runCli,
  startCommand,
  type CommandResult,
  type RunningCommand,
} from '../harness/index.ts';

/** The part of demo.json that the tests use. */
export type DemoJson = {
  ready: boolean;
  gatewayUrl: string;
  loginUrl: string;
  caFile: string;
  kubeconfig: string;
  issuer: string;
  home: string;
  pid: number;
  people: { user: string; password: string; groups: string[] }[];
  cluster: { name: string; url: string; kind: string };
  webApp: { url: string };
  adminKubeconfig: string;
  auditFile: string;
  clusterAuditFile: string;
  policyFile: string;
};

export type Demo = {
  command: RunningCommand;
  state: DemoJson;
  kubectl: string;
  startKubectl(args: string[]): RunningCommand;
  tryKubectl(args: string[]): Promise<CommandResult>;
};

/**
 * Starts the demo with a command that waits until the file `done` exists, and returns when it is ready.
 */
export async function startDemo(
  directory: string,
  kubectl: string,
  args: readonly string[],
  timeoutMs = 60_000,
): Promise<Demo> {
  const command = startDemoProgram(
    [
      '--port',
      '0',
      '--state-dir',
      directory,
      '--exit-after',
      'while [ ! -e "$SALLYPORT_DEMO/done" ]; do sleep 0.2; done; echo "KUBECONFIG is $KUBECONFIG"; exit 7',
      ...args,
    ],
    timeoutMs + 120_000,
  );
  const state = await eventually(
    'the demo to be ready',
    () => {
      if (/^demo: /m.test(command.stderr())) throw new Error(command.stderr());
      const read = JSON.parse(readFileSync(path.join(directory, 'demo.json'), 'utf8')) as DemoJson;
      return read.ready ? read : undefined;
    },
    timeoutMs,
    command.stderr,
  );
  const env = {
    KUBECONFIG: state.kubeconfig,
    BROWSER: 'false',
    DISPLAY: '',
    KUBECACHEDIR: path.join(directory, 'kubectl-cache'),
  };
  const startKubectl = (given: string[]) => startCommand(kubectl, given, { env });
  const ended = command.ended.then((result) => {
    checkAuditFiles([state.auditFile, path.join(path.dirname(state.auditFile), 'audit-anonymous.ndjson')]);
    return result;
  });
  ended.catch(() => undefined);
  return {
    command: { ...command, ended },
    state,
    kubectl,
    startKubectl,
    tryKubectl(given) {
      const running = startKubectl(given);
      running.stdin.end();
      return running.ended;
    },
  };
}

export function startDemoProgram(args: readonly string[], timeoutMs = 120_000): RunningCommand {
  return startCommand(process.execPath, ['--disable-warning=TimeoutNegativeWarning', demoProgram(), ...args], {
    timeoutMs,
  });
}

/**
 * Does what a new user does first: runs kubectl, which opens the login page, and fills in the form. Logs out the previous
 * user.
 */
export async function firstKubectl(demo: Demo, name: string, args: string[]): Promise<CommandResult> {
  await runCli(['logout', '--gateway', demo.state.gatewayUrl], { home: demo.state.home });
  const command = demo.startKubectl(args);
  command.stdin.end();
  const caPem = readFileSync(demo.state.caFile, 'utf8');
  await answerLogin(command, { caPem }, { user: `${name}@example.com`, password: name });
  return command.ended;
}
