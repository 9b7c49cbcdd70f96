import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { serviceNames, type ServiceName } from '@sallyport/contracts';
import { createIdentityProvider, demoPeople, serviceProgram } from '@sallyport/standalone';
import { stringify } from 'yaml';
import {
  answerLogin,
  eventually,
  httpRequestOnce,
  runCli,
  runCommand,
  runDirectory,
  startCli,
  startCommand,
  theBed,
  type CommandResult,
  type RunningCommand,
} from '../harness/index.ts';

/** The result of a verification. */
export type Verified = {
  code: number;
  faults: { announced?: string }[];
  events: number;
  checkpoints: { count: number };
  /** With `--recordings`: how many there are, and what is wrong with them. */
  recordings?: { recordings: number; faults: { kind: string; recording: string }[] };
};

/** A user with a home of their own, who is logged in. */
export type RigPerson = { env: Record<string, string | undefined>; cli(...args: string[]): Promise<CommandResult> };

/** A small gateway in a directory of its own, and a user of it with an empty home. */
export type ServeRig = {
  /** What an operator writes, without the ports that only a test needs. */
  settings: string;
  /** Where the gateway keeps everything. */
  data: string;
  url: string;
  caPem(): string;
  /** Writes the public key of the checkpoints into a file, and returns its name. */
  checkpointKey(): string;
  /** The configuration, to which `change` adds sections. */
  config: string;
  change(settings: Record<string, unknown>): void;
  /** Starts `sallyport serve`, and waits until it is ready. */
  start(): Promise<RunningCommand>;
  /** Starts the four services, each a process of its own with the same configuration, and waits until they are ready. */
  startServices(): Promise<RunningCommand[]>;
  /** Runs `sallyport serve` to its end. */
  run(...args: string[]): Promise<CommandResult>;
  cli(...args: string[]): Promise<CommandResult>;
  /** Starts the command line. */
  startCli(...args: string[]): RunningCommand;
  /** Logs the user in with the command line, as on a machine that has never seen the gateway. */
  login(user: string, ...args: string[]): Promise<void>;
  /** Verifies the trail, with the key of its checkpoints: that in files, unless `where` says otherwise. */
  verify(...where: string[]): Promise<Verified>;
  kubectl(...args: string[]): Promise<CommandResult>;
  /** Logs a user in with a home of their own. */
  person(user: string): Promise<RigPerson>;
  /** Logs a user in with a home of their own, and returns a bearer token for requests to a cluster. */
  tokenFor(user: string, cluster: string): Promise<string>;
  /** Ends what was started. */
  end(): Promise<void>;
  stop(): Promise<void>;
};

/** Creates the rig. `settings` are further sections of sallyport.yaml, and `environment` is for the gateway. */
export async function createServeRig(
  settings: Record<string, unknown> & { data?: string },
  environment: Record<string, string> = {},
): Promise<ServeRig> {
  const directory = mkdtempSync(path.join(runDirectory(), 'serve-'));
  const data = settings.data ?? path.join(directory, 'data');
  const home = path.join(directory, 'home');
  mkdirSync(home, { mode: 0o700 });
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const provider = await createIdentityProvider({ people: demoPeople });
  provider.register({
    clientId: 'sallyport',
    clientSecret: 'secret',
    redirectUris: [`${url}/.sallyport/callback`],
    postLogoutRedirectUris: [`${url}/.sallyport/signed-out`],
  });
  const written = {
    gateway: { url, listen: `127.0.0.1:${port}` },
    identity: {
      providers: [
        {
          id: 'corp',
          issuer: provider.issuer,
          clientId: 'sallyport',
          clientSecret: 'secret',
          scopes: ['openid', 'profile', 'email', 'groups'],
          allowInsecureIssuer: true,
        },
      ],
    },
    // Often enough for a test.
    audit: { checkpoints: { every: '1s' } },
    ...settings,
  };
  const services: Record<string, { adminListen: string }> = {};
  for (const name of serviceNames) {
    const own = await freePort();
    const address = name === 'proxy' ? {} : { url: `http://127.0.0.1:${own}`, listen: `127.0.0.1:${own}` };
    services[name] = { ...address, adminListen: `127.0.0.1:${await freePort()}` };
  }
  const config = path.join(directory, 'sallyport.yaml');
  let current: Record<string, unknown> = { ...written, services };
  const change = (more: Record<string, unknown>) => {
    current = { ...current, ...more };
    writeFileSync(config, stringify(current));
  };
  change({});
  const isReady = async (name: ServiceName) =>
    (await httpRequestOnce(`http://${services[name]!.adminListen}/readyz`)).status === 200;
  const env = {
    HOME: home,
    SALLYPORT_CONFIG: undefined,
    SALLYPORT_HOME: undefined,
    KUBECONFIG: undefined,
    BROWSER: 'false',
    DISPLAY: '',
    PATH: `${path.dirname(theBed().kubectl!)}:${process.env['PATH'] ?? ''}`,
  };
  const options = { home: path.join(home, '.config/sallyport'), cwd: directory, env };
  const running: RunningCommand[] = [];
  const end = async () => {
    for (const one of running.splice(0)) await one.stop();
  };
  const caPem = () => readFileSync(path.join(data, 'tls/ca.crt'), 'utf8');
  const checkpointKey = () => {
    const file = path.join(directory, 'checkpoints.pub');
    const key = createPublicKey(readFileSync(path.join(data, 'keys/checkpoints.pem')));
    writeFileSync(file, key.export({ type: 'spki', format: 'pem' }));
    return file;
  };
  const logIn = async (user: string, args: readonly string[], as = options) => {
    const command = startCli(['login', url, '--no-browser', ...args], as);
    await answerLogin(command, { caPem: caPem() }, { user, password: user.split('@')[0]! });
    const { code, stderr } = await command.ended;
    if (code !== 0) throw new Error(`sallyport login failed with ${code}: ${stderr}`);
  };
  const logInAtHome = async (user: string) => {
    const own = { ...options, env: { ...env, HOME: path.join(home, user) } };
    await logIn(user, ['--ca-file', path.join(data, 'tls/ca.crt')], own);
    return own;
  };
  return {
    settings: stringify(written),
    data,
    config,
    change,
    url,
    caPem,
    checkpointKey,
    async verify(...where) {
      const from = where.length > 0 ? where : [path.join(data, 'trail')];
      const args = ['audit', 'verify', ...from, '--keys', checkpointKey(), '-o', 'json'];
      const { code, stdout, stderr } = await runCli(args, options);
      if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
      return { ...(JSON.parse(stdout) as Omit<Verified, 'code'>), code };
    },
    async start() {
      const gateway = startCli(['serve', '--config', config], {
        ...options,
        env: { ...env, ...environment },
        timeoutMs: 1_800_000,
      });
      running.push(gateway);
      await gateway.says(/the gateway is ready/);
      await eventually('the proxy to be ready', () => isReady('proxy'));
      return gateway;
    },
    async startServices() {
      const started = serviceNames.map((name) =>
        startCommand(process.execPath, [serviceProgram(name), '--config', config], { ...options, timeoutMs: 600_000 }),
      );
      running.push(...started);
      for (const name of serviceNames)
        await eventually(
          `${name} to be ready`,
          () => isReady(name).catch(() => false),
          60_000,
          () => started.map((one) => one.stdout().slice(-500)).join('\n'),
        );
      return started;
    },
    run: (...args) => runCli(['serve', '--config', config, ...args], options),
    cli: (...args) => runCli(args, options),
    startCli: (...args) => startCli(args, options),
    login: (user, ...args) => logIn(user, args),
    async person(user) {
      const own = await logInAtHome(user);
      return { env: own.env, cli: (...args) => runCli(args, own) };
    },
    async tokenFor(user, cluster) {
      const own = await logInAtHome(user);
      const { stdout } = await runCli(['exec-credential', `${url}/clusters/${cluster}`], own);
      return (JSON.parse(stdout) as { status: { token: string } }).status.token;
    },
    kubectl: (...args) => runCommand('kubectl', args, options),
    end,
    async stop() {
      await end();
      await provider.close();
    },
  };
}
