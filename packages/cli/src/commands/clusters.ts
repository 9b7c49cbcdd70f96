import type { Command } from 'commander';
import { clustersSchema, readAnswer, type Cluster } from '../gateway/answers.ts';
import { callAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { render } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway, type GatewayOptions } from './command-kit.ts';

/** Fetches the clusters that the user who is logged in can see. */
export async function fetchClusters(gateway: OpenGateway): Promise<Cluster[]> {
  const body = await callAsUser(gateway, { method: 'GET', path: '/.sallyport/api/v1/clusters' });
  return readAnswer(clustersSchema, body, 'the clusters').clusters;
}

async function clusters(environment: Environment, options: GatewayOptions): Promise<void> {
  const found = await fetchClusters(openGateway(environment, options.gateway));
  environment.stdout.write(
    render(options.output, { clusters: found }, () =>
      found.length === 0
        ? 'You have access to no cluster.\n'
        : table(
            ['NAME', 'URL', 'HOST'],
            found.map(({ name, url, host }) => [name, url, host ?? '']),
          ),
    ),
  );
}

/** `sallyport clusters`. */
export function addClusters(program: Command, environment: Environment): void {
  const command = program
    .command('clusters')
    .description('list the clusters behind the gateway')
    .action((options: GatewayOptions) => clusters(environment, options));
  withExample(withGateway(command), 'sallyport clusters');
}
