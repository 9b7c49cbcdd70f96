import type { OpenGateway } from '../../gateway/open-gateway.ts';
import type { ToolArguments, ToolName } from '../protocol/tool-arguments.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { createFindResource } from '../cluster/find-resource.ts';
import { createReadOpenApi } from '../cluster/read-openapi.ts';
import type { ServedResource } from '../cluster/served-resource.ts';

/** What a tool answers. The program's own words and those of a cluster stay apart until they are marked. */
export type ToolAnswer = {
  /** Says what this is. */
  about: string;
  /** What a cluster returned, which is not to be trusted. */
  data?: { text: string; source: string; keep?: 'beginning' | 'end' };
  /** What to know about it, or to do next. */
  notes?: string[];
  /** The answer for programs. Contains nothing that a cluster returned. */
  structured?: Record<string, unknown>;
};

/** A list that goes on: the rows that were read and not shown yet, and how to read more. */
export type OpenList = {
  cluster: string;
  resource: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  next?: { path: string; query: Record<string, string | undefined>; token: string };
  wide: boolean;
  namespaces: boolean;
};

/** What a server was started with. */
export type ServerOptions = {
  /** The clusters to which the server is limited (`--cluster`). All if there are none. */
  clusters: readonly string[];
  shown: { environment: boolean; secrets: boolean };
  maxBytes: number;
};

/** Returns what the tools of a server remember of the clusters. */
export const createMemory = ({ now }: { now(): number }) => ({
  findResource: createFindResource({ now }),
  readOpenApi: createReadOpenApi({ now }),
  /**
   * The lists that go on, by the name that continues them. The token with which a cluster continues a list stays here: it
   * is long, and a hostile cluster could write instructions into it.
   */
  openLists: new Map<string, OpenList>(),
  /** The clusters that this credential may not ask for their rules. */
  unasked: new Set<string>(),
});

/** What a tool has while it runs. The gateway answers until the call is canceled. */
export type ToolCall = ServerOptions & ReturnType<typeof createMemory> & { gateway: OpenGateway };

export type Tool<Name extends ToolName> = (given: ToolArguments[Name], call: ToolCall) => Promise<ToolAnswer>;

/** Returns how an answer names a cluster. */
export const clusterSource = (cluster: string): string => `the cluster "${cluster}"`;

/** Returns the cluster that a tool is to use, among those to which a server is limited. */
export function chooseCluster(given: string | undefined, only: readonly string[]): string {
  const cluster = given ?? (only.length === 1 ? only[0] : undefined);
  if (cluster === undefined) throw usageError('no cluster is given', 'Name one. The tool "clusters" lists them.');
  if (only.length > 0 && !only.includes(cluster))
    throw new CliError(
      'refused',
      `this server does not offer the cluster "${cluster}"`,
      `It offers: ${only.join(', ')}. Its user can start it with other clusters (--cluster).`,
    );
  return cluster;
}

/** Refuses Secrets, unless the server was started with `--secrets`. */
export function refuseSecrets({ group, resource }: ServedResource, allowed: boolean): void {
  if (allowed || group !== '' || resource !== 'secrets') return;
  throw new CliError(
    'refused',
    'this server shows no Secrets',
    'Its user can start it with --secrets. It then shows which Secrets and keys there are, and hides the values.',
  );
}
