import { connectorsSchema, type Cluster, type ConnectorRow } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { readableSpan, readableTime } from '../terminal/times.ts';

/**
 * Reads the connectors of the gateway, if some of these clusters are behind one. Returns none for a user who may not see
 * them, who still sees which clusters they concern.
 */
export async function readConnectors(gateway: OpenGateway, clusters: readonly Cluster[]): Promise<ConnectorRow[]> {
  if (clusters.every(({ connector }) => connector === undefined)) return [];
  const answer = await askAsUser(gateway, { method: 'GET', path: '/.sallyport/api/v1/connectors' });
  if (answer.status === 403) return [];
  return readAnswer(connectorsSchema, expectOk(answer, gateway.address.origin), 'the connectors').connectors;
}

/** Says whether a connector is connected, and since when. */
export function connectorState({ connected, since }: NonNullable<Cluster['connector']>): string {
  return `${connected ? 'connected' : 'not connected'}${since === undefined ? '' : ` since ${readableTime(since)}`}`;
}

/** Describes a connector: its state, its versions, its slowest round trip, and when it was last heard of. */
export function describeConnector(row: ConnectorRow, now: number): string {
  const { carriers } = row;
  if (carriers.length === 0) return connectorState(row);
  const versions = [...new Set(carriers.map(({ version }) => version))].join(', ');
  const trips = carriers.flatMap(({ roundTripMs }) => roundTripMs ?? []);
  return [
    connectorState(row),
    `version ${versions}`,
    `${carriers.length} ${carriers.length === 1 ? 'connection' : 'connections'}`,
    ...(trips.length === 0 ? [] : [`round trip ${readableSpan(Math.max(...trips))}`]),
    `last heard of ${readableSpan(now - Math.max(...carriers.map(({ seen }) => seen)))} ago`,
  ].join(', ');
}
