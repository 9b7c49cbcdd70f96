import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { runCommand, startCommand, type CommandOptions, type CommandResult, type RunningCommand } from './command.ts';
import { createPlainBrowser, fillInForm } from './log-in.ts';

const cliProgram = fileURLToPath(new URL('../../../packages/cli/bin/sallyport.js', import.meta.url));

export type GatewayAddress = { url: string; caFile: string; caPem: string; directory: string; kubectl: string };

/** Runs the sallyport command with `home` as the directory of its credentials. */
export function runCli(args: readonly string[], options: CommandOptions & { home: string }): Promise<CommandResult> {
  return runCommand(process.execPath, [cliProgram, ...args], cliOptions(options));
}

/** Starts the sallyport command and leaves it running. */
export function startCli(args: readonly string[], options: CommandOptions & { home: string }): RunningCommand {
  return startCommand(process.execPath, [cliProgram, ...args], cliOptions(options));
}

function cliOptions({ home, ...options }: CommandOptions & { home: string }): CommandOptions {
  return { ...options, env: { SALLYPORT_HOME: home, KUBECONFIG: path.join(home, 'none'), ...options.env } };
}

/** Finds the URL of the login page in the output of a program, and fills in the form there. */
export async function answerLogin(
  command: RunningCommand,
  gateway: { caPem: string },
  who: { user: string; password: string },
  browser = createPlainBrowser({ ca: gateway.caPem }),
): Promise<void> {
  const [url] = await command.says(/https?:\/\/\S+\/\.sallyport\/login\?\S+/);
  const { answer } = await fillInForm(browser, url, who);
  if (answer.status !== 200)
    throw new Error(`the login of ${who.user} ended with ${answer.status}: ${answer.text.slice(0, 300)}`);
}

/** A person at a terminal, logged in by the CLI, with a kubeconfig whose exec plugin is the CLI. */
export type Person = {
  user: string;
  home: string;
  kubeconfig: string;
  env: Record<string, string>;
  /** Runs kubectl and returns its result. */
  tryKubectl(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs kubectl and returns its standard output. Throws if it fails. */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** Starts kubectl and leaves it running. */
  startKubectl(args: readonly string[], options?: CommandOptions): RunningCommand;
  cli(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Logs in anew with `sallyport login --force`, in a new browser unless one is given. */
  login(browser?: ReturnType<typeof createPlainBrowser>): Promise<void>;
};

/** Creates a person with a home directory and a kubeconfig, who is not logged in yet. */
export async function createPerson(
  gateway: GatewayAddress,
  who: { user: string; password: string; cluster: string; home?: string },
): Promise<Person> {
  const home = who.home ?? path.join(gateway.directory, 'homes', who.user);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const cli: Person['cli'] = (args, options) => runCli(args, { ...options, home });
  const made = await cli([
    'kubeconfig',
    '--offline',
    '--gateway',
    gateway.url,
    '--ca-file',
    gateway.caFile,
    '--cluster',
    who.cluster,
  ]);
  if (made.code !== 0) throw new Error(`sallyport kubeconfig failed: ${made.stderr}`);
  const kubeconfig = path.join(home, 'kubeconfig');
  writeFileSync(kubeconfig, made.stdout, { mode: 0o600 });
  // No browser can open, so the CLI prints the URL of the page.
  const env = {
    SALLYPORT_HOME: home,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: path.join(home, 'kubectl-cache'),
    BROWSER: 'false',
    DISPLAY: '',
  };
  const withEnv = (options?: CommandOptions) => ({ ...options, env: { ...env, ...options?.env } });
  const tryKubectl: Person['tryKubectl'] = (args, options) => runCommand(gateway.kubectl, args, withEnv(options));
  return {
    user: who.user,
    home,
    kubeconfig,
    env,
    cli,
    tryKubectl,
    startKubectl: (args, options) => startCommand(gateway.kubectl, args, withEnv(options)),
    async kubectl(args, options) {
      const { code, stdout, stderr } = await tryKubectl(args, options);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} of ${who.user} failed with ${code}: ${stderr}`);
      return stdout;
    },
    async login(browser) {
      const at = ['--gateway', gateway.url, '--ca-file', gateway.caFile];
      const command = startCli(['login', '--force', '--no-browser', ...at], { home });
      await answerLogin(command, gateway, who, browser);
      const { code, stderr } = await command.ended;
      if (code !== 0) throw new Error(`sallyport login of ${who.user} failed with ${code}: ${stderr}`);
    },
  };
}
