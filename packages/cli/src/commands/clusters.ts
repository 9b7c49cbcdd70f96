import type { Command } from 'commander';
import type { Cluster } from '@sallyport/contracts/answers';
import { fetchClusters, openGateway } from '../gateway/open-gateway.ts';
import { type Column, type ListOptions, writeList } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { listFormats, withExample, withGateway } from './command-kit.ts';

const columns: Column<Cluster>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'URL', cell: ({ url }) => url },
  { name: 'HOST', cell: ({ host }) => host ?? '' },
];

async function clusters(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const found = await fetchClusters(await openGateway(environment, options));
  const none = 'You have access to no cluster.\n';
  const name = (cluster: Cluster) => cluster.name;
  await writeList(environment, { rows: found, columns, name, data: { clusters: found }, none }, options);
}

/** `sallyport clusters`. */
export function addClusters(program: Command, environment: Environment): void {
  const command = program
    .command('clusters')
    .description('list the clusters behind the gateway')
    .action((options: GatewayOptions & ListOptions) => clusters(environment, options));
  withExample(withGateway(command, listFormats), 'sallyport clusters', 'sallyport clusters -o name');
}
