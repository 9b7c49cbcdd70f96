import { recordingRowSchema, type Recording, type RecordingQuery, type RecordingRow } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { Conditions } from '../database/conditions.ts';
import type { Row } from '../database/sql-database.ts';
import { searchable } from '../events/event-row.ts';
import type { StoreDatabase } from '../events/store-database.ts';

/** A page of recordings, each with its position in the list, and whether others follow. */
export type FoundRecordings = { found: { recording: RecordingRow; position: string }[]; more: boolean };

/** A recording without a sign of life since `seen` (milliseconds since the epoch). */
export type SilentRecording = { recording: RecordingRow; seen: number };

/** What the stored events say about recordings. */
export interface RecordingStore {
  /** Finds recordings, the latest first. Rejects with `bad-request` for a position that it did not issue. */
  list(query: RecordingQuery): Promise<FoundRecordings>;
  find(id: string): Promise<Recording | undefined>;
  /**
   * Returns running recordings that were last seen before `seenBefore`, and of which no one did this since `claimedBefore`.
   * Of several replicas only one gets each. Times are milliseconds since the epoch.
   */
  claimSilent(seenBefore: number, claimedBefore: number, now: number): Promise<SilentRecording[]>;
}

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${column}`;

/** A part may be told several times. What was told first counts. */
const parts = `select distinct on (part) part, bytes, detail from audit_recording_steps
  where recording = recordings.id and part is not null order by part, time, event`;
const columns = `id, ${time('since')}, ${time('ended')}, (extract(epoch from seen) * 1000)::float8 as seen, state, reason, head,
  counted.parts, counted.bytes`;
const counted = `left join lateral (
    select count(*)::integer as parts, coalesce(sum(bytes), 0)::float8 as bytes from (${parts}) as told
  ) as counted on true`;

/** Returns the recording of a row. Undefined if it cannot be read, so that the others are found nevertheless. */
function toRecording(row: Row): RecordingRow | undefined {
  const { id, since, ended, state, reason, head, parts: count, bytes } = row;
  return recordingRowSchema.safeParse({
    ...(JSON.parse(String(head)) as object),
    id,
    since,
    ...(ended === null ? {} : { end: ended }),
    state,
    ...(reason === null ? {} : { reason }),
    parts: count,
    bytes,
  }).data;
}

/** Returns a glob as a pattern of LIKE. */
const pattern = (glob: string | undefined) =>
  glob === undefined
    ? undefined
    : searchable(glob)
        .replaceAll(/[\\%_]/g, String.raw`\$&`)
        .replaceAll('*', '%');

const positionForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)~(.{1,500})$/s;

function conditionsOf(query: RecordingQuery): Conditions {
  const conditions = new Conditions();
  const { cluster, since, until, after } = query;
  conditions.addPlain('begun');
  conditions.add('cluster =', cluster === undefined ? undefined : searchable(cluster));
  conditions.add('namespace like', pattern(query.namespace));
  conditions.add('name like', pattern(query.name));
  conditions.add('username like', pattern(query.user));
  conditions.add('since >=', since);
  conditions.add('since <', until);
  if (after === undefined) return conditions;
  const [, from, id] = positionForm.exec(after) ?? [];
  if (from === undefined) throw new ProblemError('bad-request', 'after: is not a cursor that this API issued');
  conditions.addAll([from, id], ([moment, text]) => `(since, id) < (${moment}::timestamptz, ${text})`);
  return conditions;
}

async function list(database: StoreDatabase, query: RecordingQuery): Promise<FoundRecordings> {
  const { where, values } = conditionsOf(query);
  const rows = await database.query({
    sql: `select ${columns} from (
        select * from audit_recordings${where} order by since desc, id desc limit ${query.limit + 1}
      ) as recordings ${counted} order by recordings.since desc, id desc`,
    values,
  });
  const found = rows.slice(0, query.limit).flatMap((row) => {
    const recording = toRecording(row);
    return recording ? [{ recording, position: `${String(row.since)}~${recording.id}` }] : [];
  });
  return { found, more: rows.length > query.limit };
}

async function find(database: StoreDatabase, id: string): Promise<Recording | undefined> {
  const about = { values: [id] };
  const [rows = [], partRows = [], gapRows = []] = await database.transaction([
    { ...about, sql: `select ${columns} from audit_recordings as recordings ${counted} where id = $1 and begun` },
    {
      ...about,
      sql: `select told.* from (select $1::text as id) as recordings, lateral (${parts}) as told order by part`,
    },
    {
      ...about,
      sql: 'select detail from audit_recording_steps where recording = $1 and part is null order by time, event',
    },
  ]);
  const recording = rows[0] && toRecording(rows[0]);
  return (
    recording && {
      recording,
      parts: partRows.map(({ part, detail }) => ({
        part: Number(part),
        files: JSON.parse(String(detail)) as Recording['parts'][number]['files'],
      })),
      gaps: gapRows.map(({ detail }) => JSON.parse(String(detail)) as Recording['gaps'][number]),
    }
  );
}

/** Creates the store, next to the events. */
export function createRecordingStore(database: StoreDatabase): RecordingStore {
  const moment = (ms: number) => new Date(ms).toISOString();
  return {
    list: (query) => database.using(() => list(database, query)),
    find: (id) => database.using(() => find(database, id)),
    claimSilent: (seenBefore, claimedBefore, now) =>
      database.using(async () => {
        const rows = await database.query({
          sql: `with recordings as (
              update audit_recordings set claimed = $3
              where state = 'running' and begun and seen < $1 and (claimed is null or claimed < $2) returning *
            ) select ${columns} from recordings ${counted}`,
          values: [moment(seenBefore), moment(claimedBefore), moment(now)],
        });
        return rows.flatMap((row) => {
          const recording = toRecording(row);
          return recording ? [{ recording, seen: Number(row.seen) }] : [];
        });
      }),
  };
}
