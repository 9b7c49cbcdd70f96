import type { Command } from 'commander';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/credential.ts';
import { readAuthority } from '../home/known-gateways.ts';
import { deviceSignIn } from '../login/device-sign-in.ts';
import { mayPaste } from '../login/local-browser.ts';
import { readLoginDemands, type LoginDemands } from '../login/login-demands.ts';
import { logInOnce } from '../login/log-in-once.ts';
import { signIn } from '../login/sign-in.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

type Options = GatewayOptions & {
  caFile?: string;
  browser: boolean;
  device?: boolean;
  cluster?: string;
  maxAge?: string;
  acr?: string[];
  provider?: string | true;
  loginHint?: string;
  timeout: string;
};

function seconds(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new CliError('usage', `"${text}" is not a number of seconds`, 'Write --timeout 300.');
  return value;
}

function open(environment: Environment, options: Options): OpenGateway {
  const gateway = openGateway(environment, options.gateway);
  if (options.caFile === undefined) return gateway;
  gateway.known.rememberAuthority(gateway.address, readAuthority(options.caFile));
  return openGatewayAt(environment, gateway.address);
}

type Way = (client: GatewayClient, environment: Environment) => Promise<Credential>;

/**
 * By a code that is approved elsewhere, or on a page that leads back here; a code can be pasted where a person says
 * that no browser is here, or none can be seen.
 */
function chooseWay({ browser, device, cluster }: Options, demands: LoginDemands, timeoutMs: number): Way {
  if (device === true && Object.keys(demands).length > 0)
    throw new CliError(
      'usage',
      '--max-age, --acr, --provider and --login-hint do not go with --device',
      'Whoever approves a device logs in by themselves; use --no-browser to log in from another machine.',
    );
  if (device !== true && cluster !== undefined)
    throw new CliError(
      'usage',
      '--cluster goes with --device',
      'It is shown to whoever approves the login of a device.',
    );
  if (device === true)
    return (client, environment) =>
      deviceSignIn(client, environment, { timeoutMs, ...(cluster === undefined ? {} : { cluster }) });
  return (client, environment) =>
    signIn(client, environment, { browser, paste: !browser || mayPaste(environment), timeoutMs, demands });
}

async function login(environment: Environment, options: Options): Promise<void> {
  const timeoutMs = seconds(options.timeout) * 1000;
  const demands = readLoginDemands(options);
  const way = chooseWay(options, demands, timeoutMs);
  const gateway = open(environment, options);
  const credential = await logInOnce(gateway, {
    timeoutMs,
    known: gateway.store.read()?.token,
    ownOnly: Object.keys(demands).length > 0,
    signIn: way,
  });
  gateway.known.setCurrent(gateway.address);
  const { user, sessionId, expiresAt } = credential;
  const end = new Date(expiresAt).toISOString();
  const data = { gateway: gateway.address.origin, user, session: { id: sessionId, expiresAt: end } };
  environment.stdout.write(
    render(
      options.output,
      data,
      () => `Logged in to ${gateway.address.origin} as ${forTerminal(user)}, until ${end}.\n`,
    ),
  );
}

/** `sallyport login`. */
export function addLogin(program: Command, environment: Environment): void {
  const command = program
    .command('login')
    .description('log in through your browser, here or on another machine')
    .option(
      '--ca-file <file>',
      "PEM file of the authority that signed the gateway's certificate; remembered for this gateway",
    )
    .option('--no-browser', "open no browser: print the page's address, and take the code from there if it is pasted")
    .option('--device', 'log in with a code that you approve in a browser on any machine')
    .option('--cluster <name>', 'with --device: the cluster that you mean, shown to you where you approve')
    .option(
      '--max-age <time>',
      'have your identity provider authenticate you anew unless it did so within this time (5m, 0s)',
    )
    .option('--acr <class...>', 'have it authenticate you in one of these classes, as a policy may ask for')
    .option('--provider [name]', 'log in with this identity provider; without a name, choose on the page')
    .option('--login-hint <name>', 'say who you are, so that the right provider is chosen and need not ask')
    .option('--timeout <seconds>', 'how long to wait for you', '300')
    .action((options: Options) => login(environment, options));
  withExample(
    withGateway(command),
    'sallyport login --gateway https://gate.example.com:8443',
    'sallyport login --device --gateway https://gate.example.com:8443',
    'sallyport login --max-age 5m --acr phr',
  );
}
