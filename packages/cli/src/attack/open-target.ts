import { clustersSchema } from '@sallyport/contracts/answers';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { exchangeRaw, type AttackTarget, type RawTarget } from '@sallyport/attack';
import { serverAddress, type GatewayAddress } from '../input/gateway-address.ts';
import { createGatewayClient, type TrustChoices } from '../gateway/gateway-client.ts';
import { trustChoices } from '../gateway/trust.ts';
import { isTrustFault, unreachable } from '../gateway/unreachable.ts';
import { findHome } from '../home/home.ts';
import { openKnownGateways, readAuthority } from '../home/known-gateways.ts';
import { namedFileFault } from '../files/read-file.ts';
import { authorityInKubeconfig, kubeconfigFiles } from '../kubectl/read-kubeconfigs.ts';
import { findProxy, type Proxy } from '../proxy/find-proxy.ts';
import { openTunnel } from '../proxy/open-tunnel.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { shellWord } from '../terminal/for-terminal.ts';

export type TargetOptions = { target: string; tokenFile: string; caFile?: string };

/** Reads the token from its file, and warns if others can read the file. */
function readToken(environment: Environment, named: string): string {
  const file = path.resolve(environment.workingDirectory, named);
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (environment.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
      environment.stderr.write(
        `sallyport: ${file} can be read by others. To fix this, run: chmod 600 ${shellWord(file)}\n`,
      );
    if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  } catch (error) {
    throw namedFileFault(file, error);
  }
  throw new CliError('local-file', `${file} contains no bearer token`, 'It must contain only the token, on one line.');
}

/** Finds the CAs that vouch for the gateway by connecting to it. Sends nothing. */
async function chooseTrust(
  address: GatewayAddress,
  target: Omit<RawTarget, 'ca'>,
  choices: TrustChoices,
  proxy: Proxy | undefined,
): Promise<string[] | undefined> {
  for (const [index, choice] of choices.entries()) {
    const ca = await choice();
    try {
      await exchangeRaw({ ...target, ca }, []);
      return ca;
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (!isTrustFault(error) || index + 1 === choices.length) throw unreachable(address.origin, error, proxy?.name);
    }
  }
  return undefined;
}

/**
 * Returns the first cluster that the owner of the token can see. Returns undefined if the target is not a Sallyport
 * gateway, or is the host of a single cluster.
 */
async function firstCluster(
  address: GatewayAddress,
  token: string,
  trust: TrustChoices,
  environment: Environment,
): Promise<string | undefined> {
  const { status, body } = await createGatewayClient(address, trust, environment).call({
    method: 'GET',
    path: '/.sallyport/api/v1/clusters',
    token,
  });
  const { data } = clustersSchema.safeParse(status === 200 ? body : undefined);
  return data?.clusters[0]?.name;
}

/** Opens the target: the address of a cluster, or of a gateway, whose first cluster is used. Sends no attack. */
export async function openTarget(environment: Environment, options: TargetOptions): Promise<AttackTarget> {
  const token = readToken(environment, options.tokenFile);
  const address = serverAddress(options.target);
  const url = new URL(address.origin);
  const secure = address.scheme === 'https';
  const port = Number(url.port) || (secure ? 443 : 80);
  const proxy = findProxy(address.origin, environment.env);
  const place = {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    openTunnel:
      proxy && ((timeoutMs: number) => openTunnel(proxy, `${url.hostname}:${port}`, AbortSignal.timeout(timeoutMs))),
  };
  const remembered =
    options.caFile === undefined
      ? openKnownGateways(findHome(environment)).authorityOf(address)
      : readAuthority(path.resolve(environment.workingDirectory, options.caFile));
  const ca = await chooseTrust(
    address,
    place,
    trustChoices(remembered, () => authorityInKubeconfig(kubeconfigFiles(environment), address)),
    proxy,
  );
  const cluster = address.cluster ?? (await firstCluster(address, token, [() => ca], environment));
  return {
    ...place,
    ca,
    authority: address.authority,
    basePath: cluster === undefined ? '' : `/clusters/${cluster}`,
    token,
  };
}
