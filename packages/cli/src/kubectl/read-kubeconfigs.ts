import { authorityFrom, readAuthority } from '../home/known-gateways.ts';
import type { Environment } from '../environment/environment.ts';
import { readIfThere } from '../home/home.ts';
import { serverAddress, type GatewayAddress } from '../input/gateway-address.ts';
import path from 'node:path';

type KubeconfigEnvironment = Pick<Environment, 'env' | 'homeDirectory' | 'workingDirectory' | 'platform'>;

/** Returns the kubeconfig files as kubectl finds them: KUBECONFIG, or `~/.kube/config`. */
export function kubeconfigFiles(environment: KubeconfigEnvironment): string[] {
  const delimiter = environment.platform === 'win32' ? ';' : ':';
  const named = (environment.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return named.length === 0
    ? [path.join(environment.homeDirectory, '.kube', 'config')]
    : named.map((file) => path.resolve(environment.workingDirectory, file));
}

/** An entry of a kubeconfig. Nothing in it has been checked. */
type Named = {
  name?: unknown;
  context?: { cluster?: unknown; user?: unknown; namespace?: unknown } | null;
  cluster?: { server?: unknown; 'certificate-authority-data'?: unknown; 'certificate-authority'?: unknown } | null;
  user?: { exec?: { apiVersion?: unknown; command?: unknown; args?: unknown } | null } | null;
};
type Section = 'contexts' | 'clusters' | 'users';

/** What a kubeconfig has of interest here. `fault` says why a file cannot be used. */
type Kubeconfig = { file: string; currentContext?: unknown; fault?: string } & Record<Section, Named[]>;

const none = { contexts: [], clusters: [], users: [] };
const items = (list: unknown): Named[] =>
  Array.isArray(list) ? list.filter((one): one is Named => typeof one === 'object' && one !== null) : [];

function readText(file: string): { text: string } | { fault: string } {
  try {
    return { text: readIfThere(file) ?? '' };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** Reads kubeconfigs. One that cannot be used counts as empty: kubectl itself reports what is wrong with it. */
async function readKubeconfigs(files: readonly string[]): Promise<Kubeconfig[]> {
  const texts = files.map((file) => ({ file, ...readText(file) }));
  const empty = ({ file, ...read }: (typeof texts)[number]): Kubeconfig => ({
    file,
    ...none,
    ...('fault' in read ? { fault: read.fault } : {}),
  });
  // The parser takes time to load, and most commands run without a kubeconfig or with a single one.
  if (texts.every((one) => !('text' in one) || one.text === '')) return texts.map(empty);
  const { parseDocument } = await import('yaml');
  return texts.map((one): Kubeconfig => {
    if (!('text' in one) || one.text === '') return empty(one);
    const { file } = one;
    const notYaml = { file, ...none, fault: `${file} is not YAML` };
    try {
      const document = parseDocument(one.text, { prettyErrors: false });
      if (document.errors.length > 0) return notYaml;
      const data = (document.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
      const { contexts, clusters, users, 'current-context': currentContext } = data;
      return { file, currentContext, contexts: items(contexts), clusters: items(clusters), users: items(users) };
    } catch {
      return notYaml;
    }
  });
}

/** Returns the entry of this name. If several files have one, the first counts, as for kubectl. */
function namedIn(read: readonly Kubeconfig[], section: Section, name: unknown): (Named & { file: string }) | undefined {
  for (const one of read) {
    const found = one[section].find((entry) => entry.name === name);
    if (found !== undefined) return { ...found, file: one.file };
  }
  return undefined;
}

/** Reports whether these arguments of an exec plugin start this program, whatever its path is. */
export function startsThisProgram(args: readonly unknown[]): boolean {
  return args[0] === 'exec-credential' || (args[1] === 'exec-credential' && String(args[0]).endsWith('sallyport.js'));
}

/** A cluster behind a gateway, and the default namespace of a context. */
type ContextPlace = { gateway: GatewayAddress; cluster: string; namespace?: string };

/** A context of kubectl. `place` is absent if its server is not the address of a cluster behind a gateway. */
type KubectlContext = { name: string; server?: string; place?: ContextPlace };

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function placeOf(server: string, namespace: unknown): ContextPlace | undefined {
  try {
    const { cluster, ...gateway } = serverAddress(server);
    return cluster === undefined ? undefined : { gateway, cluster, ...(isText(namespace) ? { namespace } : {}) };
  } catch {
    return undefined;
  }
}

function contextIn(read: readonly Kubeconfig[], name: string): KubectlContext | undefined {
  const context = namedIn(read, 'contexts', name)?.context;
  if (context == null) return undefined;
  const server = namedIn(read, 'clusters', context.cluster)?.cluster?.server;
  if (!isText(server)) return { name };
  const place = placeOf(server, context.namespace);
  return { name, server, ...(place === undefined ? {} : { place }) };
}

/**
 * Returns the named context of kubectl, or by default its current one. Returns undefined if there is no such context. If
 * several files set a value, the first one counts, as for kubectl.
 */
export async function kubectlContext(files: readonly string[], wanted?: string): Promise<KubectlContext | undefined> {
  const read = await readKubeconfigs(files);
  const name = wanted ?? read.map(({ currentContext }) => currentContext).find(isText);
  return name === undefined ? undefined : contextIn(read, name);
}

/** Returns all contexts of kubectl, in the order of the files. */
export async function kubectlContexts(files: readonly string[]): Promise<KubectlContext[]> {
  const read = await readKubeconfigs(files);
  return read
    .flatMap(({ contexts }) => contexts)
    .map(({ name }) => name)
    .filter((name, index, all): name is string => isText(name) && all.indexOf(name) === index)
    .map((name) => contextIn(read, name))
    .filter((context) => context !== undefined);
}

/** A context whose credential comes from this program. Nothing in it has been checked. */
export type PluginContext = {
  name: string;
  /** The server that gets the credential. */
  server: unknown;
  apiVersion: unknown;
  /** The program. A path is absolute, as for kubectl, which takes a relative one from the directory of the file. */
  command: string;
  args: readonly string[];
};

function pluginContextIn(read: readonly Kubeconfig[], name: string): PluginContext | undefined {
  const context = namedIn(read, 'contexts', name)?.context;
  const user = namedIn(read, 'users', context?.user);
  const { command, args, apiVersion } = user?.user?.exec ?? {};
  if (user === undefined || typeof command !== 'string' || !Array.isArray(args) || !startsThisProgram(args))
    return undefined;
  const isPath = command !== path.basename(command);
  return {
    name,
    server: namedIn(read, 'clusters', context?.cluster)?.cluster?.server,
    apiVersion,
    command: isPath ? path.resolve(path.dirname(user.file), command) : command,
    args: args.map(String),
  };
}

/** Returns the contexts of kubectl whose exec plugin is this program, and why files cannot be read. */
export async function pluginContexts(
  files: readonly string[],
): Promise<{ contexts: PluginContext[]; faults: string[] }> {
  const read = await readKubeconfigs(files);
  const names = new Set(read.flatMap(({ contexts }) => contexts.map(({ name }) => name)));
  return {
    contexts: [...names]
      .map((name) => (typeof name === 'string' ? pluginContextIn(read, name) : undefined))
      .filter((context) => context !== undefined),
    faults: read.flatMap(({ fault }) => fault ?? []),
  };
}

const isAt = (server: unknown, origin: string) =>
  typeof server === 'string' && URL.canParse(server) && new URL(server).origin === origin;

function authorityOf({ cluster }: Named, file: string): string | undefined {
  const { 'certificate-authority-data': data, 'certificate-authority': named } = cluster ?? {};
  if (isText(data)) return authorityFrom(Buffer.from(data, 'base64').toString('latin1'), file);
  return isText(named) ? readAuthority(path.resolve(path.dirname(file), named)) : undefined;
}

/** Returns the CA that the kubeconfigs name for a gateway. kubectl already trusts it for the same address. */
export async function authorityInKubeconfig(
  files: readonly string[],
  address: GatewayAddress,
): Promise<string | undefined> {
  for (const { file, clusters } of await readKubeconfigs(files)) {
    try {
      for (const item of clusters) {
        const pem = isAt(item.cluster?.server, address.origin) ? authorityOf(item, file) : undefined;
        if (pem !== undefined) return pem;
      }
    } catch {
      /* kubectl itself reports what is wrong with this kubeconfig */
    }
  }
  return undefined;
}
