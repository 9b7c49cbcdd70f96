import type { OpenGateway } from '../../gateway/open-gateway.ts';
import type { ToolArguments, ToolName } from '../protocol/tool-arguments.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
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

/** What a tool has while it runs. The gateway answers until the call is canceled. */
export type ToolCall = { gateway: OpenGateway; maxBytes: number };

export type Tool<Name extends ToolName> = (given: ToolArguments[Name], call: ToolCall) => Promise<ToolAnswer>;
export type Tools = { [Name in ToolName]: Tool<Name> };

/** Returns how an answer names a cluster. */
export const clusterSource = (cluster: string): string => `the cluster "${cluster}"`;

/** Returns the cluster that a tool is to use. */
export type ChooseCluster = (given: string | undefined) => string;

/** Creates the choice among the clusters to which a server is limited (`--cluster`), or among all if there are none. */
export function createChooseCluster(only: readonly string[]): ChooseCluster {
  return (given) => {
    const cluster = given ?? (only.length === 1 ? only[0] : undefined);
    if (cluster === undefined) throw usageError('no cluster is given', 'Name one. The tool "clusters" lists them.');
    if (only.length > 0 && !only.includes(cluster))
      throw new CliError(
        'refused',
        `this server does not offer the cluster "${cluster}"`,
        `It offers: ${only.join(', ')}. Its user can start it with other clusters (--cluster).`,
      );
    return cluster;
  };
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
