import type { RecordingRow } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { readSize } from '../input/read-size.ts';
import { readableBytes } from '../sessions/list-streams.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { createProgress } from '../terminal/progress.ts';
import { writeList, type Column, type ListOptions } from '../terminal/table.ts';
import { rfc3339 } from '../terminal/times.ts';
import { findRecordings, placeOf, type RecordingFilters } from './list-recordings.ts';
import { readFrames, readIdentities, type IdentityOptions } from './open-recording.ts';
import { findLines } from './search/find-lines.ts';
import { fetchRecording } from './show-recording.ts';

type SearchOptions = GatewayNames & ListOptions & RecordingFilters & IdentityOptions & { maxBytes: string };
type Match = { recording: string; time: string; user: string; place: string; stream: string; line: string };

const mostMatches = 1000;

const shrinks = true;
const columns: Column<Match>[] = [
  { name: 'RECORDING', cell: ({ recording }) => recording, shrinks },
  { name: 'TIME', cell: ({ time }) => time },
  { name: 'USER', cell: ({ user }) => user, wide: true },
  { name: 'POD', cell: ({ place }) => place, wide: true },
  { name: 'STREAM', cell: ({ stream }) => stream },
  { name: 'LINE', cell: ({ line }) => line, shrinks },
];

type Searched = { matches: Match[]; bytes: number; recordings: number; lacks: string[] };

/** Searches recordings until one would exceed `maxBytes`. One that cannot be read is said, and the others are searched. */
async function searchAll(
  gateway: OpenGateway,
  rows: readonly RecordingRow[],
  { text, maxBytes, identities }: { text: string; maxBytes: number; identities: readonly string[] },
): Promise<Searched> {
  const { environment } = gateway;
  const progress = createProgress(environment);
  const found: Searched = { matches: [], bytes: 0, recordings: 0, lacks: [] };
  const searchOne = async (row: RecordingRow) => {
    const recording = await fetchRecording(gateway, row.id);
    const frames = readFrames(recording, { gateway, identities, by: 'search' });
    for await (const { time, stream, line } of findLines(frames, text)) {
      const at = rfc3339(row.since + Math.floor(time / 1000));
      found.matches.push({ recording: row.id, time: at, user: row.user, place: placeOf(row), stream, line });
      if (found.matches.length >= mostMatches) return;
    }
  };
  try {
    for (const row of rows) {
      if (found.bytes + row.bytes > maxBytes) {
        const left = rows.length - found.recordings;
        found.lacks.push(
          `${left} of ${rows.length} recordings were not searched, because --max-bytes is ${readableBytes(maxBytes)}`,
        );
        break;
      }
      found.bytes += row.bytes;
      found.recordings += 1;
      progress.tell(() => `${found.recordings} of ${rows.length} recordings searched ...`);
      try {
        await searchOne(row);
      } catch (error) {
        if (!(error instanceof CliError) || error.exit !== 'failed') throw error;
        found.lacks.push(error.message);
      }
      if (found.matches.length >= mostMatches) {
        found.lacks.push(`the search ended after ${mostMatches} lines`);
        break;
      }
    }
  } finally {
    progress.end();
  }
  return found;
}

/** `sallyport recordings search`. */
export async function searchRecordings(environment: Environment, text: string, options: SearchOptions): Promise<void> {
  if (text === '') throw usageError('the text is empty', 'Write what to search for.');
  const maxBytes = readSize(options.maxBytes, '--max-bytes');
  const identities = readIdentities(environment, options);
  const gateway = await openGateway(environment, options);
  const { recordings, more } = await findRecordings(gateway, options);
  const {
    matches,
    lacks,
    bytes,
    recordings: searched,
  } = await searchAll(gateway, recordings, { text, maxBytes, identities });
  if (more) lacks.push(`there are more than ${options.limit} recordings`);
  await writeList(
    environment,
    {
      rows:
        options.output === 'name'
          ? matches.filter((one, at) => matches.findIndex((other) => other.recording === one.recording) === at)
          : matches,
      columns,
      name: ({ recording }) => recording,
      data: { matches, recordings: searched, bytes, complete: lacks.length === 0 },
      none: `The text was not found in ${searched} recordings.\n`,
    },
    options,
  );
  if (lacks.length === 0) return;
  for (const one of lacks) environment.stderr.write(`Note: ${forTerminal(one)}.\n`);
  throw new CliError(
    'incomplete',
    'not everything was searched',
    'Narrow the filters, or raise --max-bytes or --limit.',
  );
}
