import type { Cluster } from '@sallyport/contracts/answers';
import { fetchClusters, openGateway } from '../gateway/open-gateway.ts';
import { type Column, type ListOptions, writeList } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

const columns: Column<Cluster>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'URL', cell: ({ url }) => url },
  { name: 'HOST', cell: ({ host }) => host ?? '' },
];

export async function listClusters(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const found = await fetchClusters(await openGateway(environment, options));
  const none = 'You have access to no cluster.\n';
  const name = (cluster: Cluster) => cluster.name;
  await writeList(environment, { rows: found, columns, name, data: { clusters: found }, none }, options);
}
