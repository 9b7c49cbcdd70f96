import type { AuditRecord, RecordingRow } from '@sallyport/contracts';
import type { Statement } from '../database/sql-database.ts';
import { searchable, timeOf } from './event-row.ts';

/** What does not change while a recording goes on. */
type RecordingHead = Pick<
  RecordingRow,
  | 'auditId'
  | 'stream'
  | 'kind'
  | 'cluster'
  | 'resource'
  | 'namespace'
  | 'name'
  | 'container'
  | 'command'
  | 'tty'
  | 'user'
  | 'sessionId'
  | 'demand'
  | 'recipients'
>;

type State = RecordingRow['state'];

/** A recording, as some of its events describe it. Times are in UTC with microseconds, so that they compare as text. */
type Told = {
  id: string;
  since: string;
  seen: string;
  /** False if it is only known that the session has a gap. */
  begun: boolean;
  ended: string | null;
  state: State;
  reason: string | null;
  cluster: string;
  namespace: string;
  name: string;
  username: string;
  head: string;
  /** Whether the event with which it began told it. */
  is_whole: boolean;
};

type Step = { recording: string; event: string; time: string; part: number | null; bytes: number; detail: string };

/** Only these are about the recording itself, and not about someone who reads it. */
const types: ReadonlySet<string> = new Set([
  'recording.started',
  'recording.part',
  'recording.gap',
  'recording.finished',
]);
const maxPart = 2 ** 31 - 1;

function headOf({ data }: AuditRecord): RecordingHead {
  const { objectRef, user, auditID, sallyport } = data;
  const { stream, cluster, exec, sessionId, recording } = sallyport;
  return {
    auditId: auditID,
    stream: stream?.id,
    kind: stream?.kind ?? objectRef?.subresource ?? '',
    cluster: cluster?.name ?? '',
    resource: objectRef?.resource ?? '',
    namespace: objectRef?.namespace ?? '',
    name: objectRef?.name ?? '',
    container: exec?.container === '' ? undefined : exec?.container,
    command: exec?.command,
    tty: exec?.tty,
    user: user.username ?? '',
    sessionId,
    demand: recording?.demand === 'required' ? 'required' : 'optional',
    recipients: recording?.recipients ?? [],
  };
}

/** Returns the state after an event. A gateway knows better than who declared the recording lost. */
function stateOf({ type, data }: AuditRecord): State {
  if (type !== 'recording.finished') return 'running';
  const { outcome } = data.sallyport.recording!;
  return outcome === 'complete' || outcome === 'cut' ? outcome : 'lost';
}
const isFinal = (state: State) => state === 'complete' || state === 'cut';

function tell(record: AuditRecord, id: string): Told {
  const time = timeOf(record.time);
  const head = headOf(record);
  const state = stateOf(record);
  const isEnd = state !== 'running';
  const { reason } = record.data.sallyport.recording!;
  return {
    id,
    since: time,
    seen: time,
    begun: record.type !== 'recording.gap',
    ended: isEnd ? time : null,
    state,
    reason: isEnd && reason !== undefined ? searchable(reason) : null,
    cluster: searchable(head.cluster),
    namespace: searchable(head.namespace),
    name: searchable(head.name),
    username: searchable(head.user),
    head: JSON.stringify(head),
    is_whole: record.type === 'recording.started',
  };
}

/** Joins what two events say. The statement does the same with what is stored. */
function join(one: Told, other: Told): Told {
  const head = !one.is_whole && other.is_whole ? other : one;
  const end = isFinal(one.state) || other.state === 'running' ? one : other;
  const { ended, state, reason } = end;
  return {
    ...head,
    since: one.since <= other.since ? one.since : other.since,
    seen: one.seen >= other.seen ? one.seen : other.seen,
    begun: one.begun || other.begun,
    ended,
    state,
    reason,
    is_whole: one.is_whole || other.is_whole,
  };
}

function stepOf({ id: event, type, time, data }: AuditRecord, recording: string): Step | undefined {
  const { part, files = [], from, until, reason } = data.sallyport.recording!;
  const common = { recording, event: searchable(event), time: timeOf(time) };
  if (type === 'recording.gap')
    return { ...common, part: null, bytes: 0, detail: JSON.stringify({ from: from ?? time, until, reason }) };
  if (type !== 'recording.part' || !Number.isInteger(part) || part! < 1 || part! > maxPart) return undefined;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { ...common, part: part!, bytes: Number.isSafeInteger(bytes) ? bytes : 0, detail: JSON.stringify(files) };
}

const head = ['cluster', 'namespace', 'name', 'username', 'head'];
const end = ['ended', 'state', 'reason'];
const wasFinal = `known.state in ('complete', 'cut') or excluded.state = 'running'`;

const tellStatement = (told: readonly Told[]): Statement => ({
  sql: `insert into audit_recordings as known
      (id, since, seen, begun, ${end.join(', ')}, ${head.join(', ')}, is_whole)
    select id, since, seen, begun, ${end.join(', ')}, ${head.join(', ')}, is_whole
    from json_to_recordset($1::json) as given(id text, since timestamptz, seen timestamptz, begun boolean,
      ended timestamptz, state text, reason text, ${head.map((name) => `${name} text`).join(', ')}, is_whole boolean)
    on conflict (id) do update set
      since = least(known.since, excluded.since),
      seen = greatest(known.seen, excluded.seen),
      begun = known.begun or excluded.begun,
      ${end.map((name) => `${name} = case when ${wasFinal} then known.${name} else excluded.${name} end`).join(', ')},
      ${head.map((name) => `${name} = case when excluded.is_whole and not known.is_whole then excluded.${name} else known.${name} end`).join(', ')},
      is_whole = known.is_whole or excluded.is_whole`,
  values: [JSON.stringify(told)],
});

const stepStatement = (steps: readonly Step[]): Statement => ({
  sql: `insert into audit_recording_steps (recording, event, time, part, bytes, detail)
    select * from json_to_recordset($1::json)
      as given(recording text, event text, time timestamptz, part integer, bytes bigint, detail text)
    on conflict do nothing`,
  values: [JSON.stringify(steps)],
});

/** Returns the statements that keep what events say about recordings. None if no event does. */
export function recordingStatements(records: readonly AuditRecord[]): Statement[] {
  const told = new Map<string, Told>();
  const steps: Step[] = [];
  for (const record of records) {
    const { recording } = record.data.sallyport;
    if (!types.has(record.type) || recording === undefined) continue;
    const id = searchable(recording.id);
    const known = told.get(id);
    told.set(id, known ? join(known, tell(record, id)) : tell(record, id));
    const step = stepOf(record, id);
    if (step) steps.push(step);
  }
  return [
    ...(told.size > 0 ? [tellStatement([...told.values()])] : []),
    ...(steps.length > 0 ? [stepStatement(steps)] : []),
  ];
}
