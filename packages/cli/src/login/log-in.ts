import { namedAuthority, type AuthorityOptions } from '../gateway/ca-fingerprint.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/stored-credential.ts';
import { logInWithDeviceCode } from './log-in-with-device-code.ts';
import { mayPaste } from './browser.ts';
import { endOldSession, stillValid } from './stored-login.ts';
import { readLoginDemands, type LoginDemands, withRememberedProvider } from './login-demands.ts';
import { logInOnce } from './log-in-once.ts';
import { logInOnPage } from './log-in-on-page.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { canAsk } from '../terminal/questions.ts';
import type { Environment } from '../environment/environment.ts';
import { namedGateway, type GatewayOptions } from '../gateway/find-gateway.ts';

export type LogInOptions = GatewayOptions &
  AuthorityOptions & {
    force?: boolean;
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
  if (value < 1) throw usageError(`"${text}" is not a number of seconds`, 'Write --timeout 300.');
  return value;
}

async function open(
  environment: Environment,
  argument: string | undefined,
  options: LogInOptions,
): Promise<OpenGateway> {
  const gateway = namedGateway(argument, options);
  const opened = await openGateway(environment, { ...options, gateway });
  const { address, source, named } = opened.found;
  // The user is about to trust this gateway with a login, and did not type its name.
  if (!named || gateway === undefined)
    environment.stderr.write(`Logging in to ${address.origin} (from ${forTerminal(source)}).\n`);
  const authority = await namedAuthority(environment, address, options);
  if (authority === undefined) return opened;
  opened.known.rememberAuthority(address, authority);
  return openGatewayAt(environment, address);
}

type Way = (client: GatewayClient, environment: Environment, isSuperseded: () => boolean) => Promise<Credential>;

/**
 * Chooses how to log in: with a device code, or on a page that redirects back to this machine. With --no-browser, or if
 * there is no local browser, the user can also paste a code.
 */
function chooseWay(options: LogInOptions, demands: LoginDemands, timeoutMs: number): (gateway: OpenGateway) => Way {
  const { browser, device, cluster } = options;
  if (device === true && Object.keys(demands).length > 0)
    throw usageError(
      '--device cannot be combined with --max-age, --acr, --provider or --login-hint',
      'You log in on the page on which you approve the device. To log in from another machine, use --no-browser.',
    );
  if (device !== true && cluster !== undefined)
    throw usageError('--cluster needs --device', 'It is shown on the page on which you approve the device.');
  if (device === true)
    return () => (client, environment, abandoned) =>
      logInWithDeviceCode(client, environment, { timeoutMs, cluster, abandoned });
  const on = (all: LoginDemands, ...[client, environment, abandoned]: Parameters<Way>) => {
    const paste = !browser || mayPaste(environment);
    return logInOnPage(client, environment, { browser, paste, timeoutMs, demands: all, abandoned });
  };
  // The user has said where to log in, so what they said before does not count.
  if (options.provider !== undefined || options.loginHint !== undefined)
    return () =>
      (...given) =>
        on(demands, ...given);
  return (gateway) =>
    (...given) =>
      withRememberedProvider(gateway, (remembered) => on({ ...remembered, ...demands }, ...given));
}

/** Returns the login that is there already, if it is what the user asks for. */
async function loggedIn(
  gateway: OpenGateway,
  options: LogInOptions,
  demands: LoginDemands,
  kept: Credential | undefined,
): Promise<Credential | undefined> {
  const { provider: wanted, ...others } = demands;
  if (kept === undefined || options.force === true || Object.keys(others).length > 0) return undefined;
  const found = await stillValid(gateway, kept);
  if (found !== undefined && (wanted === undefined || wanted === found.provider)) return found.credential;
  return undefined;
}

export async function logIn(
  environment: Environment,
  argument: string | undefined,
  options: LogInOptions,
): Promise<void> {
  const timeoutMs = seconds(options.timeout) * 1000;
  const demands = readLoginDemands(options);
  const way = chooseWay(options, demands, timeoutMs);
  const gateway = await open(environment, argument, options);
  const kept = gateway.store.read();
  const found = await loggedIn(gateway, options, demands, kept);
  const credential =
    found ??
    (await logInOnce(gateway, {
      timeoutMs,
      known: kept?.token,
      ownOnly: options.force === true || Object.keys(demands).length > 0,
      takesOver: canAsk(environment),
      logIn: way(gateway),
    }));
  gateway.known.setCurrent(gateway.address);
  if (options.provider !== undefined)
    gateway.known.remember(gateway.address, { provider: options.provider === true ? undefined : options.provider });
  if (kept !== undefined && kept.token !== credential.token) await endOldSession(gateway, kept);
  const { user, sessionId, expiresAt } = credential;
  const end = new Date(expiresAt).toISOString();
  const data = {
    gateway: gateway.address.origin,
    user,
    session: { id: sessionId, expiresAt: end },
    alreadyLoggedIn: found !== undefined,
  };
  const words = found === undefined ? 'Logged in' : 'Already logged in';
  await writeResult(
    environment,
    options.output,
    data,
    () => `${words} to ${gateway.address.origin} as ${forTerminal(user)} until ${end}.\n`,
  );
  if (found !== undefined) environment.stderr.write('To log in anew, run: sallyport login --force\n');
}
