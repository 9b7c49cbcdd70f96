import { gatewayAddress, serverAddress, type ServerAddress } from '../input/gateway-address.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/stored-credential.ts';
import { execCredential, mayServeFromCache, noteServed, readMachineClock } from '../home/exec-cache.ts';
import { openServedMarkers } from '../home/served-markers.ts';
import { mayPaste } from './browser.ts';
import { logInOnce } from './log-in-once.ts';
import { logInOnPage } from './log-in-on-page.ts';
import { stillValid } from './stored-login.ts';
import { withRememberedProvider } from './login-demands.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { Environment } from '../environment/environment.ts';

const loginTimeoutMs = 300_000;
const unwatchedLoginTimeoutMs = 120_000;
const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Reads KUBERNETES_EXEC_INFO: the API version of the Kubernetes client, and whether it shares its terminal. */
function readExecInfo(text: string | undefined): { apiVersion: string; interactive: boolean } {
  if (text === undefined || text === '') return { apiVersion: versions[0]!, interactive: false };
  let info: { apiVersion?: unknown; spec?: { interactive?: unknown } | null };
  try {
    info = JSON.parse(text) as typeof info;
  } catch (error) {
    throw new CliError(
      'failed',
      'KUBERNETES_EXEC_INFO is not JSON',
      'The Kubernetes client sets it. Do not set it yourself.',
      { cause: error },
    );
  }
  const apiVersion = info?.apiVersion;
  if (typeof apiVersion !== 'string' || !versions.includes(apiVersion)) {
    throw new CliError(
      'failed',
      'the Kubernetes client asks for an unsupported version of ExecCredential',
      `To write ${versions[0]} into your kubeconfig, run: sallyport kubeconfig --merge`,
    );
  }
  return { apiVersion, interactive: info.spec?.interactive === true };
}

async function findCredential(gateway: OpenGateway, interactive: boolean): Promise<Credential> {
  const { environment, store } = gateway;
  const kept = store.read();
  const valid = kept === undefined ? undefined : await stillValid(gateway, kept);
  if (valid !== undefined) return valid.credential;
  if (kept !== undefined) store.forget(kept.token);
  // There may be a user even without a terminal: k9s, Lens and editors run kubectl's plugins themselves. They get the
  // browser, and a shorter timeout.
  const timeoutMs = interactive || environment.stderr.isTTY ? loginTimeoutMs : unwatchedLoginTimeoutMs;
  const logInHere = async (client: GatewayClient, own: Environment, isSuperseded: () => boolean) => {
    const credential = await withRememberedProvider(gateway, (demands) =>
      logInOnPage(client, own, {
        browser: true,
        paste: interactive && mayPaste(own),
        timeoutMs,
        demands,
        abandoned: () => own.parentIsGone() || isSuperseded(),
      }),
    );
    own.stderr.write(`Logged in to ${client.address.origin} as ${forTerminal(credential.user)}.\n`);
    return credential;
  };
  return logInOnce(gateway, {
    timeoutMs,
    known: kept?.token,
    abandoned: environment.parentIsGone,
    logIn: logInHere,
  });
}

function readArguments(args: readonly string[]): { server: ServerAddress; gateway: string | undefined } {
  const [server, flag, gateway, ...rest] = args;
  const right =
    server !== undefined &&
    !server.startsWith('-') &&
    rest.length === 0 &&
    (flag === undefined || (flag === '--gateway' && gateway !== undefined));
  if (!right)
    throw new CliError(
      'failed',
      'exec-credential needs the address of one cluster',
      'Write it like: sallyport exec-credential https://gate.example.com:8443/clusters/dev',
    );
  return { server: serverAddress(server), gateway };
}

/** Prints the credential for one cluster (an exec plugin of client-go, KEP-541). Every failure has exit code 1. */
export async function runExecCredential(args: readonly string[], environment: Environment): Promise<void> {
  try {
    const { server, gateway: named } = readArguments(args);
    const { apiVersion, interactive } = readExecInfo(environment.env.KUBERNETES_EXEC_INFO);
    const gateway = openGatewayAt(environment, named === undefined ? server : gatewayAddress(named));
    const markers = openServedMarkers(gateway.store.directory, environment);
    const reading = readMachineClock(environment.now, environment.platform);
    const cached =
      mayServeFromCache(gateway.store.directory, gateway.address.origin, reading) && !markers.wasServed(server)
        ? gateway.store.read()
        : undefined;
    // The marker comes first. Without it, the credential is not served without asking the gateway.
    const marked = markers.mark(server);
    const credential = cached !== undefined && marked ? cached : await findCredential(gateway, interactive);
    if (credential === cached) noteServed(gateway.store.directory, reading);
    environment.stdout.write(`${execCredential(credential, apiVersion)}\n`);
  } catch (error) {
    if (error instanceof CliError) throw new CliError('failed', error.message, error.hint, { cause: error });
    throw error;
  }
}
