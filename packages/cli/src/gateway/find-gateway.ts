import type { Environment } from '../environment/environment.ts';
import { findHome } from '../home/home.ts';
import { openKnownGateways } from '../home/known-gateways.ts';
import { kubeconfigFiles, kubectlContext } from '../kubectl/read-kubeconfigs.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import type { OutputFormat } from '../terminal/output.ts';
import { gatewayAddress, type GatewayAddress } from '../input/gateway-address.ts';
import { shellWord } from '../terminal/for-terminal.ts';

/** The options with which the user names a gateway. */
export type GatewayNames = { gateway?: string; context?: string };

/** The options of every command that calls a gateway. */
export type GatewayOptions = GatewayNames & { output: OutputFormat };

/** Returns the gateway that the user names, as the argument of a command or with --gateway. */
export function namedGateway(argument: string | undefined, { gateway }: GatewayNames): string | undefined {
  if (argument === undefined || gateway === undefined) return argument ?? gateway;
  if (gatewayAddress(argument).origin === gatewayAddress(gateway).origin) return gateway;
  throw usageError('the gateway is given twice', 'Omit --gateway, or the argument.');
}

/** The gateway of a command. `source` says where its address comes from; `named` is true if it is an option. */
export type FoundGateway = { address: GatewayAddress; source: string; named: boolean };

function readFrom(source: string, text: string): GatewayAddress {
  try {
    return gatewayAddress(text);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.exit, `${source}: ${error.message}`, error.hint, { cause: error });
  }
}

async function fromContext(environment: Environment, name: string): Promise<GatewayAddress> {
  const files = kubeconfigFiles(environment);
  const context = await kubectlContext(files, name);
  if (context === undefined)
    throw usageError(
      `kubectl has no context "${name}" (${files.join(', ')})`,
      'To list the contexts, run: kubectl config get-contexts',
    );
  if (context.place === undefined)
    throw usageError(
      `the context "${name}" of kubectl is not a cluster behind a gateway${context.server === undefined ? '' : `: its server is ${context.server}`}`,
      'Name the context of a cluster behind a gateway, or give the gateway with --gateway.',
    );
  return context.place.gateway;
}

/** Reads `--gateway` and `--context`. With both, the context only names the cluster, so it must be at that gateway. */
async function fromOptions(environment: Environment, { gateway, context }: GatewayNames) {
  const address = gateway === undefined ? undefined : gatewayAddress(gateway);
  const ofContext = context === undefined ? undefined : await fromContext(environment, context);
  if (address !== undefined && ofContext !== undefined && address.origin !== ofContext.origin)
    throw usageError(
      `--gateway names ${address.origin}, but the context "${context}" belongs to ${ofContext.origin}`,
      'Omit one of the two.',
    );
  if (address !== undefined) return { address, source: '--gateway', named: true };
  return ofContext && { address: ofContext, source: `--context ${context}`, named: true };
}

/**
 * Finds the gateway of a command: by `--gateway`, `--context`, SALLYPORT_GATEWAY, kubectl's current context, and the last
 * login, in this order. The current context counts only if the user has logged in to its gateway, or has written it into
 * a kubeconfig with this program: a kubeconfig that comes with a directory must not choose where a command goes.
 */
export async function findGateway(environment: Environment, names: GatewayNames): Promise<FoundGateway> {
  const found = await fromOptions(environment, names);
  if (found !== undefined) return found;
  const variable = environment.env.SALLYPORT_GATEWAY ?? '';
  if (variable !== '')
    return { address: readFrom('SALLYPORT_GATEWAY', variable), source: 'SALLYPORT_GATEWAY', named: false };
  const known = openKnownGateways(findHome(environment));
  const context = await kubectlContext(kubeconfigFiles(environment));
  const ofContext = context?.place?.gateway;
  if (ofContext !== undefined && known.isKnown(ofContext))
    return { address: ofContext, source: `kubectl's current context "${context!.name}"`, named: false };
  const last = known.current();
  if (last !== undefined) return { address: last, source: 'your last login', named: false };
  const why =
    context === undefined
      ? 'kubectl has no current context'
      : ofContext === undefined
        ? `kubectl's current context "${context.name}" is not a cluster behind a gateway`
        : `kubectl's current context "${context.name}" belongs to ${ofContext.origin}, where you have never logged in`;
  throw new CliError(
    'not-logged-in',
    `no gateway was found: --gateway and --context are not given, SALLYPORT_GATEWAY is not set, ${why}, and there was no login yet`,
    ofContext === undefined
      ? 'To log in, run: sallyport login gate.example.com'
      : `If you trust that gateway, log in with: sallyport login ${shellWord(ofContext.origin)}`,
  );
}
