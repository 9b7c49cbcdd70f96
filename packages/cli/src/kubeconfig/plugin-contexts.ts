import path from 'node:path';
import { namedIn, readKubeconfigs, type Kubeconfig } from './read-kubeconfigs.ts';
import { startsThisProgram } from './starts-this-program.ts';

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

function contextIn(read: readonly Kubeconfig[], name: string): PluginContext | undefined {
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
      .map((name) => (typeof name === 'string' ? contextIn(read, name) : undefined))
      .filter((context) => context !== undefined),
    faults: read.flatMap(({ fault }) => fault ?? []),
  };
}
