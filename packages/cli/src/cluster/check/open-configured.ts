import { X509Certificate } from 'node:crypto';
import { readNamedFile } from '../../files/read-file.ts';
import type { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { shellWord } from '../../terminal/for-terminal.ts';
import { readPlace, type AccountOptions, type AdminOptions } from '../account/account-objects.ts';
import { requestToken } from '../account/account-token.ts';
import { createKubeClient, type KubeAccess, readTokenClaims, type TokenClaims } from '../kube/kube-client.ts';
import { openKubeconfig } from '../kube/open-kubeconfig.ts';

type Loaded = Awaited<ReturnType<typeof loadGatewayConfig>>;
type ClusterConfig = Loaded['config']['clusters'][number];

/** The gateway's own credential for a cluster. Times are in milliseconds. */
export type Credential = {
  kind: 'token' | 'client certificate' | 'none';
  /** Where it comes from, such as `tokenFile /etc/sallyport/prod-token`. */
  source: string;
  claims: TokenClaims | undefined;
  expiresAt: number | undefined;
  issuedAt: number | undefined;
};

/** A cluster as the gateway reaches it. */
export type ConfiguredCluster = { config: ClusterConfig; access: KubeAccess; credential: Credential };

/** Finds a cluster in the configuration. Throws a CliError that lists the names if it is not there. */
export function findCluster({ config, file }: Loaded, name: string): ClusterConfig {
  const found = config.clusters.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw usageError(
    `${file} has no cluster "${name}"`,
    `It has: ${config.clusters.map((one) => one.name).join(', ') || 'none'}.`,
  );
}

function describeCredential(source: string, access: KubeAccess): Credential {
  const authorization = access.headers.authorization ?? access.headers.Authorization;
  if (authorization !== undefined) {
    const claims = readTokenClaims(authorization.replace(/^Bearer /, ''));
    return { kind: 'token', source, claims, expiresAt: claims?.expiresAt, issuedAt: claims?.issuedAt };
  }
  const { cert } = access.tls;
  if (cert === undefined) return { kind: 'none', source, claims: undefined, expiresAt: undefined, issuedAt: undefined };
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return {
    kind: 'client certificate',
    source,
    claims: undefined,
    expiresAt: validToDate.getTime(),
    issuedAt: validFromDate.getTime(),
  };
}

async function ofKubeconfig(environment: Environment, loaded: Loaded, cluster: ClusterConfig) {
  const file = loaded.resolvePath(cluster.kubeconfig!);
  const { access } = await openKubeconfig(environment, { kubeconfig: file, context: cluster.context ?? undefined });
  return { access, source: `kubeconfig ${file}` };
}

function ofFields(loaded: Loaded, cluster: ClusterConfig): { access: KubeAccess; source: string } {
  const read = (file: string | null | undefined) =>
    file == null ? undefined : readNamedFile(loaded.resolvePath(file)).trim();
  const token = cluster.token?.trim() ?? read(cluster.tokenFile);
  const access = {
    server: cluster.server!,
    tls: {
      ca: read(cluster.caFile),
      cert: read(cluster.clientCertFile),
      key: read(cluster.clientKeyFile),
      servername: cluster.serverName ?? undefined,
    },
    headers: token === undefined ? ({} as Record<string, string>) : { authorization: `Bearer ${token}` },
    authoritySetIn:
      cluster.caFile == null
        ? `caFile of the cluster, which is missing in ${loaded.file}`
        : `caFile ${loaded.resolvePath(cluster.caFile)}`,
  };
  const source =
    cluster.tokenFile != null
      ? `tokenFile ${loaded.resolvePath(cluster.tokenFile)}`
      : cluster.token != null
        ? `token in ${loaded.file}`
        : `clientCertFile ${loaded.resolvePath(cluster.clientCertFile!)}`;
  return { access, source };
}

export type OpenOptions = AccountOptions & AdminOptions;

/** How long the token of a check is valid. The API server gives none for less. */
const checkTokenMs = 600_000;

/**
 * Opens a cluster that only its connector reaches: at the address that an administrator has, with a token of the gateway's
 * account, as the connector gets one.
 */
async function ofAdministrator(environment: Environment, config: ClusterConfig, options: OpenOptions) {
  const { kubeconfig, context } = options;
  if (kubeconfig === undefined)
    throw usageError(
      `this machine does not reach the cluster "${config.name}" as the gateway does, because it is behind a connector`,
      `Name a kubeconfig of its administrator: sallyport cluster check ${shellWord(config.name)} --kubeconfig FILE`,
    );
  const { access } = await openKubeconfig(environment, { kubeconfig, context });
  const place = readPlace(config.name, options, 'Name the account with --namespace and --account.');
  const { token } = await requestToken(createKubeClient(access, environment), place, checkTokenMs);
  return {
    access: {
      ...access,
      tls: { ...access.tls, cert: undefined, key: undefined },
      headers: { authorization: `Bearer ${token}` },
    },
    source: `a token of the ServiceAccount ${place.namespace}/${place.account}`,
  };
}

/** Opens a cluster with the address, the CA and the credential that the configuration gives the gateway. */
export async function openConfigured(
  environment: Environment,
  loaded: Loaded,
  config: ClusterConfig,
  options: OpenOptions,
): Promise<ConfiguredCluster> {
  const open = () => {
    if (config.connector != null) return ofAdministrator(environment, config, options);
    return config.kubeconfig == null ? ofFields(loaded, config) : ofKubeconfig(environment, loaded, config);
  };
  const { access, source } = await open();
  return { config, access, credential: describeCredential(source, access) };
}
