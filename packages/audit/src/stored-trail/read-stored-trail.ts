import { atPlace } from '@sallyport/audit-proof';
import type { AuditCheckpoint, AuditRecord } from '@sallyport/contracts';
import type { Row } from '../database/sql-database.ts';
import { checkedColumns, checkStoredRow, nameBlock, type StoredBlocks } from './check-stored-row.ts';

/** The place of an event in its chain, as columns of the store have it. */
export type StoredPlace = { producer: string; seq: number; prevHash: string; hash: string; time?: string };

/** An event as it is stored. `data` is parsed JSON and not trusted; undefined if it is not JSON. */
export type StoredEvent = Pick<AuditRecord, 'id' | 'type' | 'time'> & {
  /** The position in the order of storing. */
  position: number;
  /** The events of a producer are in order in each part. */
  part: string;
  data: unknown;
  kept?: StoredPlace;
  /** Why the columns next to the event do not fit it. */
  fault?: string;
};

/** Receives what is stored: the events in the order of storing, then what is kept of events that are not stored. */
export type StoredTrailReader = {
  event(event: StoredEvent): void;
  place(place: StoredPlace): void;
  /** Receives what was not stored because an event with its id is, in the order of each chain. */
  repeat(event: StoredEvent): void;
  checkpoint(checkpoint: unknown, position: number): void;
  /** Called with the number of events and places of each batch. */
  read(count: number): void;
};

/** Runs a statement, and returns its rows. All statements see one state of the database. */
export type ReadRows = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Up to when places of aggregated events were deleted (RFC 3339), because there were too many. */
export type StoredTrail = { forgotten?: string };

/** An event may have hundreds of kilobytes. */
const eventsAtOnce = 500;
const placesAtOnce = 5000;

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

async function readBlocks(read: ReadRows): Promise<StoredBlocks> {
  const rows = await read(
    `select block::text, part, ${time('from_time')} as from, ${time('to_time')} as to from audit_blocks`,
  );
  return new Map(
    rows.map((row) => [nameBlock(Number(row.block), String(row.part)), { from: String(row.from), to: String(row.to) }]),
  );
}

function placeOf({ producer, seq, prev_hash: prevHash, hash, event_time: at }: Row): StoredPlace | undefined {
  if (typeof producer !== 'string' || typeof prevHash !== 'string' || typeof hash !== 'string' || seq === null)
    return undefined;
  return { producer, seq: Number(seq), prevHash, hash, ...(typeof at === 'string' ? { time: at } : {}) };
}

const envelopeOf = (row: Row): Pick<AuditRecord, 'id' | 'type' | 'time'> => ({
  id: String(row.id),
  type: String(row.type) as AuditRecord['type'],
  time: String(row.event_time),
});

function toEvent(row: Row, blocks: StoredBlocks): StoredEvent {
  const envelope = envelopeOf(row);
  const key = String(row.key);
  const kept = placeOf(row);
  // An aggregate is stored after the others of its batch, and again with each repetition.
  const part = kept ? key : envelope.id;
  const known = { ...envelope, part, position: Number(row.ingest), ...(kept ? { kept } : {}) };
  let data: unknown;
  try {
    data = JSON.parse(String(row.data));
  } catch {
    return { ...known, data, fault: 'its data is not JSON' };
  }
  const fault = checkStoredRow(row, { ...envelope, key, source: String(row.source), data } as AuditRecord, blocks);
  return { ...known, data, fault };
}

/** Reads rows from a position on, some at a time, and goes on after the last one. */
async function readAll(
  read: ReadRows,
  take: StoredTrailReader,
  pages: { sql: string; size: number; begin: readonly string[]; columns: readonly string[] },
  takeRow: (row: Row) => void,
): Promise<void> {
  for (let after = pages.begin; ;) {
    const rows = await read(`${pages.sql} limit ${pages.size}`, after);
    for (const row of rows) takeRow(row);
    if (rows.length > 0) take.read(rows.length);
    if (rows.length < pages.size) return;
    const last = rows.at(-1)!;
    after = pages.columns.map((name) => String(last[name]));
  }
}

async function readEvents(read: ReadRows, take: StoredTrailReader): Promise<void> {
  const blocks = await readBlocks(read);
  const sql = `select id, source, key, ingest::text, data, ${time('time')} as event_time, ${checkedColumns}
    from audit_events where ingest > $1 order by audit_events.ingest`;
  const pages = { sql, size: eventsAtOnce, begin: ['0'], columns: ['ingest'] };
  await readAll(read, take, pages, (row) => take.event(toEvent(row, blocks)));
}

/** Reads places in the order of each chain, because they were stored in that of many partitions. */
async function readPlaces(read: ReadRows, take: StoredTrailReader): Promise<void> {
  const sql = `select producer, seq::text, encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash, ${time('time')} as event_time
    from audit_folded where (producer, seq) > ($1, $2::bigint) order by producer, audit_folded.seq`;
  const pages = { sql, size: placesAtOnce, begin: ['', '0'], columns: ['producer', 'seq'] };
  await readAll(read, take, pages, (row) => take.place(placeOf(row)!));
}

const isText = (value: unknown): value is string => typeof value === 'string';

/**
 * Returns what is kept of an event that says something else than the stored one. Who can write the table can write
 * anything.
 */
function toConflict(row: Row, known: Pick<StoredEvent, 'position' | 'part' | 'kept'>): StoredEvent {
  const unreadable = { ...known, ...envelopeOf(row), data: undefined, fault: 'what is kept of it is not an event' };
  try {
    const { id, type, time: at, data } = JSON.parse(String(row.event)) as AuditRecord;
    if (![id, type, at].every(isText)) return unreadable;
    return { ...known, id, type, time: at, data, fault: 'another event has its id and time, with other content' };
  } catch {
    return unreadable;
  }
}

/** Returns an event that was not stored: as the stored one with its id says, or as it was kept. */
function toRepeat(row: Row): StoredEvent | undefined {
  const place = placeOf(row)!;
  const { seq } = place;
  const where = seq === 0 ? { part: String(row.id) } : { part: place.producer, kept: place };
  const known = { position: seq, ...where };
  if (typeof row.event === 'string') return toConflict(row, known);
  try {
    // The event is gone, so both are missing.
    if (typeof row.data !== 'string') return undefined;
    const data = atPlace(JSON.parse(row.data) as object, place);
    return { ...known, ...envelopeOf(row), data };
  } catch {
    return undefined;
  }
}

async function readRepeats(read: ReadRows, take: StoredTrailReader): Promise<void> {
  const sql = `select repeats.id, repeats.producer, repeats.seq::text, encode(repeats.prev_hash, 'hex') as prev_hash, encode(repeats.hash, 'hex') as hash, ${time('repeats.time')} as event_time, event, stored.type, stored.data
    from audit_repeats as repeats left join audit_events as stored on stored.id = repeats.id and stored.time = repeats.time
    where (repeats.producer, repeats.seq, repeats.hash) > ($1, $2::bigint, decode($3, 'hex')) order by repeats.producer, repeats.seq, repeats.hash`;
  const pages = { sql, size: eventsAtOnce, begin: ['', '-1', ''], columns: ['producer', 'seq', 'hash'] };
  await readAll(read, take, pages, (row) => {
    const event = toRepeat(row);
    if (event) take.repeat(event);
  });
}

async function readCheckpoints(read: ReadRows, take: StoredTrailReader): Promise<void> {
  for (const { place, checkpoint } of await read(
    'select place::text, checkpoint from audit_checkpoints order by audit_checkpoints.place',
  )) {
    let parsed: AuditCheckpoint | undefined;
    try {
      parsed = JSON.parse(String(checkpoint)) as AuditCheckpoint;
    } catch {
      // A row that is not a checkpoint has no valid signature.
    }
    take.checkpoint(parsed, Number(place));
  }
}

/**
 * Reads everything that the store has of the trail, without keeping any of it. Rejects if the schema is not the current
 * one.
 */
export async function readStoredTrail(read: ReadRows, take: StoredTrailReader): Promise<StoredTrail> {
  await readEvents(read, take);
  await readPlaces(read, take);
  await readRepeats(read, take);
  await readCheckpoints(read, take);
  const [row] = await read(`select ${time('time')} as time from audit_places_forgotten`);
  return row === undefined ? {} : { forgotten: String(row.time) };
}
