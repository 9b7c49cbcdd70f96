import { auditKey } from '@sallyport/audit-log';
import { resultOf, type AuditPage, type AuditQuery, type AuditRecord, type FoundRecord } from '@sallyport/contracts';
import type { Row, SqlDatabase } from '../database/sql-database.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { blockStatement, latestStatement, readBlocks, type Block } from './event-blocks.ts';
import { agentOf, fromRow, groupsOf, isRoutineRecord, rulesOf, searchable, workloadOf } from './event-row.ts';
import type { OnlyOf } from './event-store.ts';
import { attemptsStatement, endedStatement, findsById, findStatement, type Place } from './find-statement.ts';
import { isAttempt, pairAttempts } from './pair-attempts.ts';

/** A page ends with the event that reaches this size, because a thousand long events must not fill the memory. */
const maxPageBytes = 8 * 1024 * 1024;

/** An attempt and its repetition end within this time. */
const nearMs = 60_000;

const ingestOf = (row: Row) => Number(row.ingest);
type Found = { row: Row; record: FoundRecord };
type Search = { database: SqlDatabase; query: AuditQuery; only: OnlyOf | undefined };

/** Reports whether an event meets the conditions on what is not a column. */
function isFound(record: AuditRecord, { group, agent, rule, workload, result, routine }: AuditQuery): boolean {
  return (
    (routine !== 'omit' || !isRoutineRecord(record)) &&
    (result === undefined || resultOf(record) === result) &&
    (group === undefined || groupsOf(record).includes(searchable(group))) &&
    (agent === undefined || agentOf(record).includes(searchable(agent))) &&
    (rule === undefined || rulesOf(record).includes(searchable(rule))) &&
    (workload === undefined || workloadOf(record) === searchable(workload))
  );
}

/** Returns the events that meet the conditions which SQL does not check, among those that it found. */
async function keepFound({ database, query }: Search, rows: readonly Row[], top: number): Promise<Found[]> {
  const all = rows.map((row) => ({ row, record: fromRow(row) }));
  const found = all.filter(({ record }) => isFound(record, query));
  if (query.view !== 'requests') return found;
  // A request that has ended is shown by its end. One that ends while a reader pages is still open on the pages that
  // follow, so that it is neither missing nor shown twice.
  const begun = found.filter(({ row }) => row.stage === 'RequestReceived');
  if (begun.length === 0) return found;
  const ended = await database.query(
    endedStatement(
      begun.map(({ row }) => String(row.audit_id)),
      top,
    ),
  );
  const keys = new Set(ended.map((row) => JSON.stringify([row.audit_id, row.type])));
  return found.filter(
    ({ row }) => row.stage !== 'RequestReceived' || !keys.has(JSON.stringify([row.audit_id, row.type])),
  );
}

/**
 * Marks what repeats an attempt over WebSocket. A list of requests has only the repetition of the two: the first attempt
 * is found by its id. Both must meet the conditions of the query, because otherwise the list would have neither.
 */
async function joinAttempts({ database, query, only }: Search, all: readonly Found[], top: number): Promise<Found[]> {
  const attempts = all.filter(({ record }) => isAttempt(record));
  if (attempts.length === 0) return [...all];
  const times = attempts.map(({ record }) => Date.parse(record.time));
  const shown: AuditQuery = findsById(query) ? { order: query.order, limit: query.limit } : query;
  const near = {
    ingests: attempts.map(({ row }) => ingestOf(row)),
    sessions: attempts.map(({ record }) => record.data.sallyport.sessionId ?? ''),
    from: new Date(Math.min(...times) - nearMs).toISOString(),
    to: new Date(Math.max(...times) + nearMs).toISOString(),
    ...(query.view === 'requests' ? { top } : {}),
  };
  const known = (await database.query(attemptsStatement(shown, only, near))).map(fromRow);
  const pairs = pairAttempts(known.filter((record) => isFound(record, shown)));
  const repeated = new Set(query.view === 'requests' && !findsById(query) ? pairs.values() : []);
  return all
    .filter(({ record }) => !isAttempt(record) || !repeated.has(record.data.auditID))
    .map(({ row, record }) => {
      const retryOf = isAttempt(record) ? pairs.get(record.data.auditID) : undefined;
      return { row, record: retryOf === undefined ? record : { ...record, retryOf } };
    });
}

/** Finds events block by block, from `place` on, until the page is full. */
async function search(parts: Search, start: Place): Promise<{ shown: Found[]; more: boolean }> {
  const { database, query, only } = parts;
  const byId = findsById(query);
  const shown: Found[] = [];
  let [place, room] = [start, maxPageBytes];
  const after = (ingest: number): Place =>
    query.order === 'newest' ? { ...place, below: ingest } : { ...place, above: ingest };
  for (;;) {
    const read: { blocks?: Block[]; next?: number } = byId
      ? {}
      : readBlocks(
          await database.query(blockStatement(query, { above: place.above, below: place.below })),
          query.order,
        );
    const { blocks, next } = read;
    if (blocks?.length === 0) return { shown, more: false };
    for (let exhausted = false; !exhausted;) {
      const limit = room > 0 ? query.limit - shown.length + 1 : 1;
      const where = { ...(blocks ? { blocks } : {}), place, limit, maxBytes: Math.max(room, 1) };
      const rows = await database.query(findStatement(query, only, where));
      const kept = await joinAttempts(parts, await keepFound(parts, rows, start.top ?? 0), start.top ?? 0);
      for (const one of kept) {
        if (shown.length === query.limit || room <= 0) return { shown, more: true };
        shown.push(one);
        room -= Number(one.row.size);
      }
      exhausted = Number(rows[0]?.found ?? 0) < limit && rows.length === Number(rows[0]?.found ?? 0);
      if (!exhausted) place = after(ingestOf(rows.at(-1)!));
    }
    if (next === undefined) return { shown, more: false };
    place = after(next);
  }
}

/**
 * Returns an event without its number and its hashes, for a person who does not see all events. The number counts those
 * of everyone, and such a person cannot verify a chain. What a policy that is tried out would say is left out too: it can
 * be about a cluster of which they must not know. The key names a cluster only if there is one, so it gets the same form
 * for all.
 */
function withoutOthers({ data, ...rest }: AuditRecord): AuditRecord {
  const { seq: _seq, prevHash: _prevHash, hash: _hash, ...sallyport } = data.sallyport;
  const record = { ...rest, key: auditKey(undefined, sallyport.sessionId) };
  if (!sallyport.decision?.shadow) return { ...record, data: { ...data, sallyport } };
  const { shadow: _shadow, ...decision } = sallyport.decision;
  return { ...record, data: { ...data, sallyport: { ...sallyport, decision } } };
}

/** Returns the newest position, among the caller's own events if they may see no others. */
async function findLatest(database: SqlDatabase, only: OnlyOf | undefined): Promise<number> {
  if (!only || only.and) return Number((await database.query(latestStatement))[0]?.latest ?? 0);
  const { shown } = await search({ database, query: { order: 'newest', limit: 1 }, only }, {});
  return shown[0] ? ingestOf(shown[0].row) : 0;
}

/** Reads, and again if a partition was dropped meanwhile. */
export async function readAgain<T>(read: () => Promise<T>): Promise<T> {
  const undefinedTable = '42P01';
  try {
    return await read();
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefinedTable) throw error;
    return read();
  }
}

/** Finds a page of events. */
export const findPage = (database: SqlDatabase, query: AuditQuery, only: OnlyOf | undefined): Promise<AuditPage> =>
  readAgain(() => readPage(database, query, only));

async function readPage(database: SqlDatabase, query: AuditQuery, only: OnlyOf | undefined): Promise<AuditPage> {
  const given = query.after === undefined ? {} : decodeCursor(query.after);
  // Read before the page, so that an event that arrives in between is on the page or after `latest`.
  const newest = await findLatest(database, only);
  const cursor = query.view === 'requests' ? { top: newest, ...given } : given;
  const { shown, more } = await search({ database, query, only }, cursor);
  const positions = shown.map(({ row }) => ingestOf(row));
  const last = positions.at(-1) ?? 0;
  const next = query.order === 'newest' ? { ...cursor, below: last } : { ...cursor, above: last };
  return {
    events: shown.map(({ record }) => (only ? withoutOthers(record) : record)),
    ...(more ? { next: encodeCursor(next) } : {}),
    latest: encodeCursor({ above: Math.max(newest, cursor.above ?? 0, ...positions) }),
  };
}
