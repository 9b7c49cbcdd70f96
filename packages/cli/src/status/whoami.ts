import { meSchema, type Cluster } from '@sallyport/contracts/answers';
import { remindOfReviews, warnOfBreakGlass } from '../elevation/break-glass.ts';
import { isOwnActive, openElevations } from '../elevation/call-elevations.ts';
import { describeState, elevationData, placeOf } from '../elevation/describe-elevation.ts';
import { connectorState } from '../connectors/read-connectors.ts';
import { askFor, openGateway, fetchClusters } from '../gateway/open-gateway.ts';
import { writeResult } from '../terminal/output.ts';
import { readableTime, withTimes } from '../terminal/times.ts';
import type { Environment } from '../environment/environment.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';
import { type Column, type ListOptions, writeList, renderFacts } from '../terminal/table.ts';

export async function whoami(environment: Environment, options: GatewayOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const me = await askFor(gateway, meSchema, 'your identity', '/.sallyport/me');
  const open = await openElevations(gateway);
  const elevations = open.filter(isOwnActive);
  const { session, ...person } = me;
  const data = {
    gateway: gateway.address.origin,
    ...person,
    elevations: elevations.map(elevationData),
    session: withTimes(session, ['createdAt', 'expiresAt', 'idleEndsAt']),
  };
  const facts = [
    ['User', me.user],
    ['Name', me.name],
    ['Email', me.email],
    ['Groups', me.groups.join(', ') || '(none)'],
    ...elevations.map((one) => ['Elevated', `${one.name} on ${placeOf(one)}, ${describeState(one)}`]),
    ['Provider', me.providerName ?? me.provider],
    ['Gateway', gateway.address.origin],
    ['Session', `${session.id}, until ${readableTime(session.expiresAt)}`],
  ];
  await writeResult(environment, options.output, data, () => renderFacts(facts, 10));
  if (options.output !== 'text') return;
  warnOfBreakGlass(environment, elevations);
  remindOfReviews(environment, open);
}

const clusterColumns: Column<Cluster>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'URL', cell: ({ url }) => url },
  { name: 'HOST', cell: ({ host }) => host ?? '' },
  { name: 'WATCHES', cell: ({ watches }) => watches ?? '-', wide: true },
];

const connectorColumn: Column<Cluster> = {
  name: 'CONNECTOR',
  cell: ({ connector }) => (connector === undefined ? '' : connectorState(connector)),
};

export async function listClusters(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const found = await fetchClusters(await openGateway(environment, options));
  const none = 'You have access to no cluster.\n';
  const name = (cluster: Cluster) => cluster.name;
  const hasConnectors = found.some(({ connector }) => connector !== undefined);
  const columns = hasConnectors ? [...clusterColumns, connectorColumn] : clusterColumns;
  const data = {
    clusters: found.map((one) => ({ ...one, connector: one.connector && withTimes(one.connector, ['since']) })),
  };
  await writeList(environment, { rows: found, columns, name, data, none }, options);
}
