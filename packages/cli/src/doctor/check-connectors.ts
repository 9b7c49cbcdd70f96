import type { Cluster, ConnectorRow } from '@sallyport/contracts/answers';
import { describeConnector, readConnectors } from '../connectors/read-connectors.ts';
import { fetchClusters, type OpenGateway } from '../gateway/open-gateway.ts';
import { readableSpan } from '../terminal/times.ts';
import { failedBy, ok, warning, type Check } from './check.ts';

/** As many ends at one age are no chance. */
const fewEnds = 3;
/** By how much these ages may differ. */
const spread = 0.05;
/** A connection that is refused after seconds has another cause. */
const leastMs = 10_000;

/** Returns the age at which the last connections of a connector have all ended, if there is one. */
function ageOfEnds({ ended }: ConnectorRow): number | undefined {
  const ages = ended.slice(-fewEnds).map(({ durationMs }) => durationMs);
  const [least, most] = [Math.min(...ages), Math.max(...ages)];
  return ages.length === fewEnds && least >= leastMs && most - least <= most * spread ? most : undefined;
}

function checkConnector(row: ConnectorRow, now: number): Check {
  const name = `connector ${row.name}`;
  const detail = describeConnector(row, now);
  if (!row.connected)
    return warning(name, detail, 'Look at the log of the connector. It says what keeps it from the gateway.');
  const age = ageOfEnds(row);
  if (age === undefined) return ok(name, detail);
  return warning(
    name,
    `${detail}; its connections end after ${readableSpan(age)}`,
    'A load balancer between the connector and the gateway probably ends them. Raise its time-out for WebSockets.',
  );
}

/** Checks the connectors of the gateway, for a user who may see them. */
export async function checkConnectors(gateway: OpenGateway): Promise<Check[]> {
  try {
    const clusters: Cluster[] = await fetchClusters(gateway);
    return (await readConnectors(gateway, clusters)).map((row) => checkConnector(row, gateway.environment.now()));
  } catch (error) {
    return [failedBy('connectors', error)];
  }
}
