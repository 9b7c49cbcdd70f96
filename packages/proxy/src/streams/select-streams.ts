import { maxStreamRows, type OwnedStreamRow, type StreamQuestion } from '@sallyport/contracts';
import { describeStream, placeOf } from './describe-stream.ts';
import type { OpenStream } from '../exchange/exchange.ts';
import { ownerKey } from './stream-indexes.ts';
import type { StreamRegistry } from './stream-registry.ts';

type Wanted = Pick<StreamQuestion, 'of' | 'where'>;
type Facts = Pick<OwnedStreamRow, 'id' | 'user' | 'cluster' | 'sessionId'>;

const factsOf = ({ id, exchange }: OpenStream): Facts => ({
  id,
  user: exchange.answer.identity?.user ?? '',
  cluster: placeOf(exchange).cluster,
  sessionId: exchange.answer.session?.id ?? '',
});

/** Reports whether a stream fits the filter of a question, whoever it belongs to. */
function fits({ id, user, cluster, sessionId }: Facts, { where }: Pick<Wanted, 'where'>): boolean {
  return (
    (where.stream === undefined || where.stream === id) &&
    (where.user === undefined || where.user === user) &&
    (where.cluster === undefined || where.cluster === cluster) &&
    (where.session === undefined || where.session === sessionId)
  );
}

/** Returns the open streams of this gateway that a question is about. */
export function findStreams(registry: Pick<StreamRegistry, 'all' | 'ofUser'>, wanted: Wanted): OpenStream[] {
  return Array.from(wanted.of ? registry.ofUser(wanted.of) : registry.all()).filter((stream) =>
    fits(factsOf(stream), wanted),
  );
}

/**
 * Reorders items so that owners take turns. Where there is no room for all items, one owner cannot crowd out the
 * others.
 */
function roundRobin<T>(items: readonly T[], ownerOf: (item: T) => string): T[] {
  const seen = new Map<string, number>();
  const rounds: T[][] = [];
  for (const item of items) {
    const owner = ownerOf(item);
    const round = seen.get(owner) ?? 0;
    seen.set(owner, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds.flat();
}

/** The size of one answer in bytes of JSON. Rows can be long, because clients choose some of the names in them. */
const maxBytes = 1024 * 1024;

function isOf(row: OwnedStreamRow, { of }: Pick<StreamQuestion, 'of'>): boolean {
  return of === undefined || (row.issuer === of.issuer && row.subject === of.subject);
}

/** Describes as many as there is room for, and counts the rest. */
function gather<T>(
  found: readonly T[],
  describe: (one: T) => OwnedStreamRow,
): { rows: OwnedStreamRow[]; omitted: number } {
  const rows: OwnedStreamRow[] = [];
  let bytes = 0;
  for (const one of found) {
    if (rows.length === maxStreamRows) break;
    const row = describe(one);
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > maxBytes) break;
    rows.push(row);
  }
  return { rows, omitted: found.length - rows.length };
}

/** Puts streams before plain requests, because any number of requests can be opened to crowd out an exec. */
const streamsFirst = (open: readonly OpenStream[]) => [
  ...open.filter(({ kind }) => kind !== 'request'),
  ...open.filter(({ kind }) => kind === 'request'),
];

/**
 * Returns the streams of this gateway that a question is about: the ended ones, newest first, or the open ones, oldest
 * first. Where there are too many, users take turns.
 */
export function selectStreams(
  registry: Pick<StreamRegistry, 'all' | 'ofUser' | 'ended'>,
  question: Omit<StreamQuestion, 'id' | 'endedBy'>,
  proxy: string,
): { rows: OwnedStreamRow[]; omitted: number } {
  if (question.ended) {
    const { rows, omitted } = gather(
      roundRobin(
        registry.ended().filter((row) => isOf(row, question) && fits(row, question)),
        ownerKey,
      ),
      (row) => row,
    );
    return { rows: rows.toSorted((a, b) => b.end! - a.end!), omitted };
  }
  const wanted = streamsFirst(findStreams(registry, question));
  const { rows, omitted } = gather(
    roundRobin(wanted, ({ exchange: { answer } }) => ownerKey(answer.identity)),
    (stream) => describeStream(stream, proxy, undefined),
  );
  return { rows: rows.toSorted((a, b) => a.since - b.since), omitted };
}
