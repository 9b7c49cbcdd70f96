import type { Command } from 'commander';
import { openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import { readAuthority } from '../home/known-gateways.ts';
import { logInOnce } from '../login/log-in-once.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render } from '../terminal/output.ts';
import type { World } from '../world.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

type Options = GatewayOptions & { caFile?: string; browser: boolean; timeout: string };

function seconds(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new CliError('usage', `"${text}" is not a number of seconds`, 'Write --timeout 300.');
  return value;
}

function open(world: World, options: Options): OpenGateway {
  const gateway = openGateway(world, options.gateway);
  if (options.caFile === undefined) return gateway;
  gateway.known.rememberAuthority(gateway.address, readAuthority(options.caFile));
  return openGatewayAt(world, gateway.address);
}

async function login(world: World, options: Options): Promise<void> {
  const timeoutMs = seconds(options.timeout) * 1000;
  const gateway = open(world, options);
  const credential = await logInOnce(gateway, { browser: options.browser, timeoutMs }, gateway.store.read()?.token);
  gateway.known.setCurrent(gateway.address);
  const { user, sessionId, expiresAt } = credential;
  const end = new Date(expiresAt).toISOString();
  const data = { gateway: gateway.address.origin, user, session: { id: sessionId, expiresAt: end } };
  world.stdout.write(render(options.output, data, () => `Logged in to ${gateway.address.origin} as ${forTerminal(user)}, until ${end}.\n`));
}

/** `sallyport login`. */
export function addLogin(program: Command, world: World): void {
  const command = program.command('login').description('log in through your browser')
    .option('--ca-file <file>', 'PEM file of the authority that signed the gateway\'s certificate; remembered for this gateway')
    .option('--no-browser', 'open no browser: print the page\'s address and wait')
    .option('--timeout <seconds>', 'how long to wait for you', '300')
    .action((options: Options) => login(world, options));
  withExample(withGateway(command), 'sallyport login --gateway https://gate.example.com:8443');
}
