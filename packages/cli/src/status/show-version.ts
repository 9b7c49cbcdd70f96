import { sallyportVersion } from '@sallyport/contracts/version';
import { gatewayVersionSchema } from '@sallyport/contracts/answers';
import { renderFacts } from '../terminal/table.ts';
import type { GatewayNames, GatewayOptions } from '../gateway/find-gateway.ts';
import { askFor, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { readOffer, UntrustedRelease } from '../upgrade/read-offer.ts';
import { compareVersions, describeDistance } from '../upgrade/versions.ts';
import { shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';

export type VersionOptions = GatewayOptions & { client?: boolean };

/**
 * The gateway and its version, or why its version is not known. `distance` says that it is far from that of this program.
 * `offered` is a newer, signed version, or why what the gateway offers cannot be trusted.
 */
type GatewayVersion = {
  url?: string;
  version?: string;
  problem?: string;
  distance?: string | undefined;
  offered?: { version?: string; problem?: string } | undefined;
};

const timeoutMs = 5000;

async function versionOf(gateway: OpenGateway): Promise<GatewayVersion> {
  const url = gateway.address.origin;
  const call = { method: 'GET', path: '/.sallyport/me', timeoutMs } as const;
  const { gatewayVersion } = await askFor(gateway, gatewayVersionSchema, 'the version of the gateway', call);
  if (gatewayVersion == null) return { url, problem: 'it does not say its version' };
  return { url, version: gatewayVersion, distance: describeDistance(sallyportVersion, gatewayVersion) };
}

/** Returns the newer version that the gateway offers. Returns undefined if it offers none, or does not answer. */
async function offerOf(gateway: OpenGateway): Promise<GatewayVersion['offered']> {
  if (gateway.environment.releaseKeys.length === 0) return undefined;
  try {
    const { version } = await readOffer(gateway, timeoutMs);
    return compareVersions(version, sallyportVersion) > 0 ? { version } : undefined;
  } catch (error) {
    if (error instanceof UntrustedRelease) return { problem: error.message };
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

/** Asks the gateway. The version of the client is worth printing without a gateway too, so this does not fail. */
async function askGateway(environment: Environment, names: GatewayNames): Promise<GatewayVersion> {
  let url: string | undefined;
  let offered: ReturnType<typeof offerOf> | undefined;
  try {
    const gateway = await openGateway(environment, names);
    url = gateway.address.origin;
    offered = offerOf(gateway);
    return { ...(await versionOf(gateway)), offered: await offered };
  } catch (error) {
    // A wrong --gateway is a mistake on the command line, and not a gateway that is away.
    if (!(error instanceof CliError) || error.exit === 'usage') throw error;
    return { url, problem: error.message, offered: await offered };
  }
}

function gatewayLine({ url, version, problem }: GatewayVersion): string {
  if (version !== undefined) return `${version} at ${url}`;
  return url === undefined || problem!.includes(url) ? `unknown: ${problem}` : `unknown at ${url}: ${problem}`;
}

function offeredLine({ url, offered }: GatewayVersion): string | undefined {
  if (offered?.version === undefined) return offered?.problem;
  return `${offered.version}. To upgrade, run: sallyport upgrade ${shellWord(url!)}`;
}

export async function showVersion(environment: Environment, options: VersionOptions): Promise<void> {
  const client = {
    version: sallyportVersion,
    node: environment.nodeVersion,
    platform: `${environment.platform}-${environment.architecture}`,
    build: environment.releaseKeys.length > 0 ? 'release' : 'development',
  };
  const gateway = options.client === true ? undefined : await askGateway(environment, options);
  const rows = [
    ['Client', client.build === 'release' ? client.version : `${client.version}, a development build`],
    ['Node.js', client.node],
    ['Platform', client.platform],
    ...(gateway === undefined ? [] : [['Gateway', gatewayLine(gateway)]]),
    ['Note', gateway?.distance],
    ['Offered', gateway && offeredLine(gateway)],
  ];
  await writeResult(environment, options.output, { client, gateway }, () => renderFacts(rows, 10));
}
