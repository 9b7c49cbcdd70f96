import type { ElevationOption } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { readableSpan } from '../terminal/times.ts';
import { type Column, type ListOptions, writeList } from '../terminal/table.ts';
import { listOptions } from './call-elevations.ts';

/** What is asked of those who ask. */
function needsOf({ reason, ticket, places }: ElevationOption): string {
  const ticketWord = ticket.pattern === undefined ? 'ticket' : `ticket like ${ticket.pattern}`;
  return [
    ...(places.some(({ namespaces }) => namespaces !== undefined) ? ['namespace'] : []),
    ...(reason === 'required' ? ['reason'] : []),
    ...(ticket.required ? [ticketWord] : []),
  ].join(', ');
}

const namespacesOf = ({ places }: ElevationOption) =>
  [...new Set(places.flatMap(({ namespaces }) => namespaces ?? []))].join(',');

/** Says how many approvals it needs, and of whom if each of several sets must approve. */
function approvalsOf({ approvalsNeeded, approverSets = [] }: ElevationOption): string {
  const sets = approverSets.map(({ name, approvals }) => `${approvals} of ${name}`).join(', ');
  return sets === '' ? String(approvalsNeeded) : sets;
}

const columns: Column<ElevationOption>[] = [
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'CLUSTERS', cell: ({ places }) => places.map(({ cluster }) => cluster).join(','), shrinks: true },
  { name: 'NAMESPACES', cell: namespacesOf, shrinks: true },
  { name: 'AT-MOST', cell: ({ maxDurationMs }) => readableSpan(maxDurationMs) },
  { name: 'APPROVALS', cell: approvalsOf },
  { name: 'NEEDS', cell: needsOf },
  { name: 'GROUPS', cell: ({ groups }) => groups.join(','), wide: true },
];

/** Lists what the user may ask for: everywhere, or on one cluster. */
export async function writeOptions(
  environment: Environment,
  gateway: OpenGateway,
  cluster: string | undefined,
  options: ListOptions,
): Promise<void> {
  const { options: all, omitted } = await listOptions(gateway);
  const rows = all
    .map((one) => ({
      ...one,
      places: one.places.filter((place) => cluster === undefined || place.cluster === cluster),
    }))
    .filter(({ places }) => places.length > 0);
  await writeList(
    environment,
    {
      rows,
      columns,
      name: ({ name }) => name,
      data: { options: rows, omitted },
      none: 'There is no elevation that you may ask for.\n',
    },
    options,
  );
  if (omitted > 0) environment.stderr.write(`${omitted} more places are not listed.\n`);
}
