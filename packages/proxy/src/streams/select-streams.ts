import { mostStreamRows, type OwnedStreamRow, type StreamQuestion } from '@sallyport/contracts';
import { describeStream } from './describe-stream.ts';
import { inTurns } from './in-turns.ts';
import type { OpenStream } from './open-stream.ts';
import { ownerKey } from './owner-key.ts';
import type { StreamRegistry } from './stream-registry.ts';

/** What goes into one answer, in bytes of JSON: names that clients choose can make rows long. */
const mostBytes = 1024 * 1024;

type Wanted = Pick<StreamQuestion, 'of' | 'where'>;
type Facts = { user: string; cluster: string; sessionId: string };

function fits({ user, cluster, sessionId }: Facts, { where }: Wanted): boolean {
  return (
    (where.user === undefined || where.user === user) &&
    (where.cluster === undefined || where.cluster === cluster) &&
    (where.session === undefined || where.session === sessionId)
  );
}

function isOf(row: OwnedStreamRow, { of }: Wanted): boolean {
  return of === undefined || (row.issuer === of.issuer && row.subject === of.subject);
}

const factsOf = ({ exchange: { answer, upstream } }: OpenStream): Facts => ({
  user: answer?.identity?.user ?? '',
  cluster: upstream?.name ?? '',
  sessionId: answer?.session?.id ?? '',
});

/** Describes as many as there is room for, and counts the others. */
function gather<T>(
  found: readonly T[],
  describe: (one: T) => OwnedStreamRow,
): { rows: OwnedStreamRow[]; omitted: number } {
  const rows: OwnedStreamRow[] = [];
  let bytes = 0;
  for (const one of found) {
    if (rows.length === mostStreamRows) break;
    const row = describe(one);
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > mostBytes) break;
    rows.push(row);
  }
  return { rows, omitted: found.length - rows.length };
}

/** Streams before plain requests: those are opened in any number, and must not take the room of an exec. */
const streamsFirst = (open: readonly OpenStream[]) => [
  ...open.filter(({ kind }) => kind !== 'request'),
  ...open.filter(({ kind }) => kind === 'request'),
];

/**
 * The streams of this gateway that a question is about: those that have ended, newest first, or the open ones, oldest
 * first. Where there are too many, each person has a turn after the other.
 */
export function selectStreams(
  registry: Pick<StreamRegistry, 'all' | 'ofPerson' | 'ended'>,
  question: Omit<StreamQuestion, 'id'>,
  proxy: string,
): { rows: OwnedStreamRow[]; omitted: number } {
  if (question.ended) {
    const { rows, omitted } = gather(
      inTurns(
        registry.ended().filter((row) => isOf(row, question) && fits(row, question)),
        ownerKey,
      ),
      (row) => row,
    );
    return { rows: rows.toSorted((a, b) => b.end! - a.end!), omitted };
  }
  const open = Array.from(question.of ? registry.ofPerson(question.of) : registry.all());
  const wanted = streamsFirst(open.filter((stream) => fits(factsOf(stream), question)));
  const { rows, omitted } = gather(
    inTurns(wanted, ({ exchange: { answer } }) => ownerKey(answer?.identity)),
    (stream) => describeStream(stream, proxy, undefined),
  );
  return { rows: rows.toSorted((a, b) => a.since - b.since), omitted };
}
