import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { endCommand } from './demo/end-command.ts';
import { demoHelp, readDemoOptions, type DemoOptions } from './demo/demo-options.ts';
import { runDemo, type DemoState, type RunningDemo } from './demo/run-demo.ts';
import { welcome } from './demo/welcome.ts';
import { cliProgram } from './demo/write-demo-kubeconfig.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);

function readOptions(): DemoOptions {
  try {
    return readDemoOptions(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  } catch (error) {
    say(`demo: ${(error as Error).message}\n\n${demoHelp}`);
    process.exit(2);
  }
}

/** Reports whether kubectl is in the PATH. */
function isKubectlInPath(): boolean {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((directory) => path.join(directory, process.platform === 'win32' ? 'kubectl.exe' : 'kubectl'))
    .some((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs the command of --exit-after. If the cluster comes with a kubectl, it is first in the command's PATH. */
function runCommand(command: string, state: DemoState, onStarted: (child: ChildProcess) => void): Promise<number> {
  const ownKubectl = state.kubectl === undefined ? [] : [path.dirname(state.kubectl)];
  const PATH = [
    ...ownKubectl,
    path.resolve(path.dirname(cliProgram), '../../../node_modules/.bin'),
    process.env.PATH ?? '',
  ].join(path.delimiter);
  const child = spawn(command, {
    shell: true,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH,
      KUBECONFIG: state.kubeconfig,
      SALLYPORT_HOME: state.home,
      SALLYPORT_DEMO: path.dirname(state.kubeconfig),
    },
  });
  onStarted(child);
  return new Promise((resolve) => {
    child.on('error', () => resolve(127));
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

const options = readOptions();
if (options.help) {
  process.stdout.write(demoHelp);
  process.exit(0);
}
let stopping: Promise<void> | undefined;
let demo: RunningDemo | undefined;
let command: ChildProcess | undefined;
const stop = (code: number) => {
  stopping ??= (demo?.close() ?? Promise.resolve()).then(
    () => process.exit(code),
    (error: unknown) => {
      say(`demo: cannot stop cleanly: ${(error as Error).message}`);
      process.exit(1);
    },
  );
};
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    if (command) endCommand(command);
    if (demo) stop(0);
    else say('Stopping once startup has finished ...');
  });
}
try {
  say('Starting the demo ...');
  demo = await runDemo(options, say);
  if (interrupted) stop(0);
  else if (options.exitAfter === undefined)
    process.stdout.write(welcome(demo.state, demo.state.kubectl !== undefined || isKubectlInPath()));
  else {
    stop(
      await runCommand(options.exitAfter, demo.state, (child) => {
        command = child;
      }),
    );
  }
} catch (error) {
  say(`demo: ${(error as Error).message}`);
  process.exit(1);
}
