import { sallyportVersion } from '@sallyport/contracts/version';
import { gatewayVersionSchema } from '@sallyport/contracts/answers';
import { renderFacts } from '../terminal/table.ts';
import type { GatewayNames, GatewayOptions } from '../gateway/find-gateway.ts';
import { askFor, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';

export type VersionOptions = GatewayOptions & { client?: boolean };

/** The gateway and its version, or why its version is not known. */
type GatewayVersion = { url?: string; version?: string; problem?: string };

const timeoutMs = 5000;

async function versionOf(gateway: OpenGateway): Promise<GatewayVersion> {
  const url = gateway.address.origin;
  const call = { method: 'GET', path: '/.sallyport/me', timeoutMs } as const;
  const { gatewayVersion } = await askFor(gateway, gatewayVersionSchema, 'the version of the gateway', call);
  return gatewayVersion == null ? { url, problem: 'it does not say its version' } : { url, version: gatewayVersion };
}

/** Asks the gateway. The version of the client is worth printing without a gateway too, so this does not fail. */
async function askGateway(environment: Environment, names: GatewayNames): Promise<GatewayVersion> {
  let gateway: OpenGateway | undefined;
  try {
    gateway = await openGateway(environment, names);
    return await versionOf(gateway);
  } catch (error) {
    // A wrong --gateway is a mistake on the command line, and not a gateway that is away.
    if (!(error instanceof CliError) || error.exit === 'usage') throw error;
    return { url: gateway?.address.origin, problem: error.message };
  }
}

function gatewayLine({ url, version, problem }: GatewayVersion): string {
  if (version !== undefined) return `${version} at ${url}`;
  return url === undefined || problem!.includes(url) ? `unknown: ${problem}` : `unknown at ${url}: ${problem}`;
}

export async function showVersion(environment: Environment, options: VersionOptions): Promise<void> {
  const client = {
    version: sallyportVersion,
    node: environment.nodeVersion,
    platform: `${environment.platform}-${environment.architecture}`,
  };
  const gateway = options.client === true ? undefined : await askGateway(environment, options);
  const rows = [
    ['Client', client.version],
    ['Node.js', client.node],
    ['Platform', client.platform],
    ...(gateway === undefined ? [] : [['Gateway', gatewayLine(gateway)]]),
  ];
  await writeResult(environment, options.output, { client, gateway }, () => renderFacts(rows, 10));
}
