import { callApi } from '../gateway/call-api.ts';
import { type RecordingRow } from '@sallyport/contracts/answers';
import { readMoment } from '../audit/trail/trail-filters.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableBytes } from '../sessions/list-streams.ts';
import { usageError } from '../terminal/cli-error.ts';
import { isData } from '../terminal/output.ts';
import { writeList, type Column, type ListOptions } from '../terminal/table.ts';
import { readableSpan, readableTime, withTimes } from '../terminal/times.ts';
import type { Environment } from '../environment/environment.ts';

/** The most that the gateway answers with at once. */
const pageSize = 200;
/** So many are looked at to find one by the first characters of its id. */
const mostResolved = 2000;

export const recordingsPath = '/.sallyport/api/v1/recordings';

export type RecordingFilters = {
  user?: string;
  cluster?: string;
  namespace?: string;
  pod?: string;
  since?: string;
  until?: string;
  limit: string;
};

/** Describes the container of a recording like the arguments of kubectl. */
export const placeOf = ({ resource, namespace, name, container }: RecordingRow): string =>
  [resource === 'pods' ? name : `${resource}/${name}`, namespace && `-n ${namespace}`, container && `-c ${container}`]
    .filter(Boolean)
    .join(' ');

const lengthOf = ({ since, end }: RecordingRow): string => (end === undefined ? '' : readableSpan(end - since));

/** Reports whether the end of a recording is missing: because it still runs, or because it was lost. */
const lacksEnd = ({ state }: RecordingRow): boolean => state !== 'complete' && state !== 'running';

const wide = true;
const shrinks = true;

const columns: Column<RecordingRow>[] = [
  { name: 'RECORDING', cell: ({ id }) => id, shrinks },
  { name: 'USER', cell: ({ user }) => user, shrinks },
  { name: 'KIND', cell: ({ kind }) => kind },
  { name: 'CLUSTER', cell: ({ cluster }) => cluster },
  { name: 'POD', cell: placeOf, shrinks },
  { name: 'SINCE', cell: ({ since }) => readableTime(since) },
  { name: 'LENGTH', cell: lengthOf },
  { name: 'STATE', cell: ({ state }) => state, tone: (row) => (lacksEnd(row) ? 'warning' : undefined) },
  { name: 'SIZE', cell: ({ bytes }) => readableBytes(bytes) },
  { name: 'DEMAND', cell: ({ demand }) => demand, wide },
  { name: 'REASON', cell: ({ reason }) => reason ?? '', wide },
  { name: 'AUDIT', cell: ({ auditId }) => auditId, wide },
  { name: 'COMMAND', cell: ({ command }) => command?.join(' ') ?? '', wide },
];

function readLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 100_000)
    throw usageError(`"${text}" is not a number of recordings from 1 to 100000`, 'Write --limit 100.');
  return limit;
}

/** Lists recordings that the user may see, the newest first, and says whether there are more. */
export async function findRecordings(
  gateway: OpenGateway,
  { pod: name, since, until, limit: given, ...filters }: RecordingFilters,
): Promise<{ recordings: RecordingRow[]; more: boolean }> {
  const limit = readLimit(given);
  const { environment } = gateway;
  const moment = (text: string | undefined) => (text === undefined ? undefined : readMoment(text, environment));
  const { user, cluster, namespace } = filters;
  const asked = { user, cluster, namespace, name, since: moment(since), until: moment(until) };
  const query = new URLSearchParams(
    Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const recordings: RecordingRow[] = [];
  for (;;) {
    query.set('limit', String(Math.min(pageSize, limit - recordings.length)));
    const page = await callApi(gateway, 'GET /recordings', 'the recordings', { query });
    recordings.push(...page.recordings);
    const more = page.next != null;
    if (!more || recordings.length >= limit) return { recordings: recordings.slice(0, limit), more };
    query.set('after', page.next!);
  }
}

/** Returns the complete id of a recording. The text may be its beginning, among the latest that the user may see. */
export async function resolveRecording(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const { recordings } = await findRecordings(gateway, { limit: String(mostResolved) });
  return resolveId(text, {
    kind: 'recording',
    listedBy: 'sallyport recordings list',
    entries: recordings.map((row) => ({
      id: row.id,
      about: `${row.user} in ${placeOf(row)} since ${readableTime(row.since)}`,
    })),
  });
}

/** Returns a recording for programs. */
export const recordingData = (row: RecordingRow): Record<string, unknown> => withTimes(row, ['since', 'end']);

/** `sallyport recordings list`. */
export async function listRecordings(
  environment: Environment,
  options: GatewayNames & ListOptions & RecordingFilters,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { recordings, more } = await findRecordings(gateway, options);
  await writeList(
    environment,
    {
      rows: recordings,
      columns,
      name: ({ id }) => id,
      data: { recordings: recordings.map(recordingData), more },
      none: 'No recording matches that you may see (api.policy.recordings).\n',
    },
    options,
  );
  if (more && !isData(options.output))
    environment.stderr.write(
      `There are more recordings. Use --limit ${recordings.length * 10}, or narrow the filters.\n`,
    );
}
