import { CliError } from '../../terminal/cli-error.ts';

/** Returns the cluster that a tool is to use. */
export type ChooseCluster = (given: string | undefined) => string;

/** Creates the choice among the clusters to which a server is limited (`--cluster`), or among all if there are none. */
export function createChooseCluster(only: readonly string[]): ChooseCluster {
  return (given) => {
    const cluster = given ?? (only.length === 1 ? only[0] : undefined);
    if (cluster === undefined)
      throw new CliError('usage', 'no cluster is given', 'Name one. The tool "clusters" lists them.');
    if (only.length > 0 && !only.includes(cluster))
      throw new CliError(
        'refused',
        `this server does not offer the cluster "${cluster}"`,
        `It offers: ${only.join(', ')}. Its user can start it with other clusters (--cluster).`,
      );
    return cluster;
  };
}
