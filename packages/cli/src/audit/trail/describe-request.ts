import type { AuditRow, ShownRequest } from '@sallyport/contracts/answers';
import { auditIdOf, at, isOfStream, isRequest, objectOf, ruleOf, stageOf, text, userOf } from './trail-columns.ts';
import { trailTimes, type TimeOptions, type TrailTimes } from './trail-times.ts';
import type { Environment } from '../../environment/environment.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { readableSpan } from '../../terminal/times.ts';
import { renderTable, type Column } from '../../terminal/table.ts';

const own = (row: AuditRow, ...names: string[]) => at(row, 'sallyport', ...names);

/** Joins what is known with spaces. */
const words = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' ');
const prefixed = (prefix: string, value: string): string => (value === '' ? '' : `${prefix}${value}`);
const quoted = (value: string): string => (value === '' ? '' : JSON.stringify(value));
const list = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(', ') : '');

const stages: Record<string, string> = {
  RequestReceived: 'received',
  ResponseStarted: 'response began',
  ResponseComplete: 'ended',
  Panic: 'failed',
};

const spanOf = (row: AuditRow, name: string): string => {
  const ms = own(row, name);
  return typeof ms === 'number' ? readableSpan(ms) : '';
};
const bytesOf = (row: AuditRow): string => {
  const [received, sent] = [own(row, 'bytesIn'), own(row, 'bytesOut')];
  return typeof received === 'number' && typeof sent === 'number' ? `${received} bytes received, ${sent} sent` : '';
};

const decisionOf = (row: AuditRow): string => {
  const effect = text(own(row, 'decision', 'effect'));
  if (effect === '') return '';
  return words(effect, prefixed('by ', ruleOf(row)));
};

const unparsable = 'request.unparsable';
/** The cluster's own events have no type. */
const clusterType = 'cluster';

/** Returns how the cluster saw the request: its status, the user and the account, and why it was allowed. */
function clusterDetailOf({ data }: AuditRow): string {
  const of = (...names: string[]) => text(names.reduce<unknown>(fieldOf, data));
  const [account, user] = [of('user', 'username'), of('impersonatedUser', 'username')];
  return [
    words(of('responseStatus', 'code'), of('responseStatus', 'message')),
    user === '' ? account : `${user}, sent by ${account}`,
    of('annotations', 'authorization.k8s.io/reason'),
  ]
    .filter(Boolean)
    .join(', ');
}

/** The news in a stage of the request, or in an event of its stream. */
function detailOf(row: AuditRow): string {
  if (row.type === clusterType) return clusterDetailOf(row);
  const status = words(text(at(row, 'responseStatus', 'code')), text(at(row, 'responseStatus', 'message')));
  if (isRequest(row)) {
    if (stageOf(row) === 'RequestReceived') return decisionOf(row);
    const upstream = prefixed('upstream ', spanOf(row, 'upstreamMs'));
    return [status, prefixed('after ', spanOf(row, 'durationMs')), upstream, bytesOf(row)].filter(Boolean).join(', ');
  }
  const exitCode = own(row, 'stream', 'exitCode');
  const count = own(row, 'aggregated', 'count');
  return [
    isOfStream(row) ? '' : status,
    typeof count === 'number' && count > 1 ? `${count} times` : '',
    words(text(own(row, 'stream', 'kind')), text(own(row, 'stream', 'id'))),
    prefixed('because of ', text(own(row, 'stream', 'reason'))),
    text(own(row, 'stream', 'detail')),
    typeof exitCode === 'number' ? `exit code ${exitCode}` : '',
    bytesOf(row),
    text(own(row, 'detail')),
  ]
    .filter(Boolean)
    .join(', ');
}

const nameOf = (row: AuditRow): string =>
  row.type === clusterType
    ? `cluster: ${stages[stageOf(row)] ?? stageOf(row)}`
    : isRequest(row)
      ? (stages[stageOf(row)] ?? stageOf(row))
      : row.type.replace('.', ' ');

const columnsOf = ({ show }: TrailTimes): Column<AuditRow>[] => [
  { name: 'TIME', cell: ({ time }) => show(time) },
  { name: 'EVENT', cell: nameOf },
  { name: 'DETAIL', cell: detailOf, shrinks: true },
];

/** Returns the first of the events of which a member is known. */
const firstWith = (rows: readonly AuditRow[], known: (row: AuditRow) => string): string =>
  rows.map(known).find((value) => value !== '') ?? '';

function sessionOf(events: readonly AuditRow[], session: readonly AuditRow[], { show }: TrailTimes): string {
  const id = firstWith(events, (row) => text(own(row, 'sessionId')));
  if (id === '') return '';
  const told = session.map((row) => {
    const isLogout = text(own(row, 'detail')).startsWith('logout');
    const by =
      row.type !== 'session.revoked'
        ? text(at(row, 'responseStatus', 'message'))
        : isLogout
          ? ''
          : prefixed('by ', userOf(row));
    const step = row.type === 'session.login' ? 'began' : isLogout ? 'logged out' : row.type.slice('session.'.length);
    return words(step, show(row.time), by);
  });
  return [id, ...told].join(', ');
}

/** Returns the elevations that the request used, each with what happened to it. */
function elevationsOf(
  events: readonly AuditRow[],
  elevation: readonly AuditRow[],
  { show }: TrailTimes,
): [label: string, value: string][] {
  const named = events.flatMap((row): unknown[] => {
    const all = own(row, 'elevations');
    return Array.isArray(all) ? all : [own(row, 'elevation')];
  });
  const ids = new Set(named.map((one) => text(fieldOf(one, 'id'))).filter(Boolean));
  return [...ids].map((id) => {
    const steps = elevation.filter((row) => text(own(row, 'elevation', 'id')) === id);
    const about = [...events, ...steps.toReversed()].filter((row) => text(own(row, 'elevation', 'id')) === id);
    const name = text(
      fieldOf(
        named.find((one) => text(fieldOf(one, 'id')) === id),
        'name',
      ),
    );
    const ticket = firstWith(about, (row) => text(own(row, 'elevation', 'ticket')));
    const approvers = firstWith(about, (row) => list(own(row, 'elevation', 'approvers')));
    const reason = firstWith(about, (row) => text(own(row, 'elevation', 'reason')));
    const told = steps.map((row) =>
      words(
        row.type.slice('elevation.'.length),
        show(row.time),
        prefixed('by ', userOf(row)),
        prefixed('because ', quoted(text(own(row, 'detail')))),
      ),
    );
    const parts = [
      words(name, id),
      prefixed('asked for because ', quoted(reason)),
      prefixed('ticket ', ticket),
      prefixed('approved by ', approvers),
      ...told,
    ];
    return ['Elevation', parts.filter(Boolean).join(', ')];
  });
}

/** Returns who sent the request, as whom, of which workload, through which agent or web application, and from where. */
function whoOf(known: (read: (row: AuditRow) => string) => string): string {
  const other = known((row) => text(at(row, 'impersonatedUser', 'username')));
  const agent = known((row) => text(own(row, 'agent', 'name')));
  const workload = known((row) => text(own(row, 'workload', 'name')));
  const application = known((row) => text(own(row, 'application')));
  const address = known((row) => text(own(row, 'clientAddress')));
  return words(
    known(userOf) || 'not logged in',
    prefixed('as ', other),
    prefixed('of the workload ', workload),
    prefixed('by the agent ', agent),
    prefixed('through ', application),
    prefixed('from ', address),
  );
}

/** Returns the other attempt, if the client tried over WebSocket and then over SPDY. */
function attemptOf(events: readonly AuditRow[], attempts: readonly AuditRow[]): string {
  const first = events.map(({ retryOf }) => retryOf ?? '').find((id) => id !== '');
  if (first !== undefined) return `repeats ${first}`;
  return attempts.length === 0 ? '' : `repeated by ${attempts.map(auditIdOf).join(', ')}`;
}

/** Returns how the request ended, or what else happened. */
function resultOf(events: readonly AuditRow[]): string {
  const last = events.findLast(isRequest) ?? events.at(-1);
  if (!last || isOfStream(last)) return '';
  if (isRequest(last) && stageOf(last) === 'RequestReceived') return 'open: no end is recorded yet';
  return [last.result ?? '', detailOf(last)].filter(Boolean).join(': ');
}

const inBody =
  "in the body, which the gateway does not record. The cluster's own audit log has it under this Audit-ID (sallyport audit join)";

/** Returns the name of a created object, which is only in the body of the request, or where to find it. */
function createdNameOf(events: readonly AuditRow[], ofCluster: readonly AuditRow[]): string {
  const row = events.find(isRequest);
  const isCreate = row !== undefined && text(at(row, 'verb')) === 'create';
  if (!isCreate || text(at(row, 'objectRef', 'resource')) === '' || text(at(row, 'objectRef', 'name')) !== '')
    return '';
  const known = firstWith(ofCluster, (one) => text(at(one, 'objectRef', 'name')));
  return known === '' ? inBody : `${known}, by the cluster's own audit log`;
}

/** Returns what happened: a request to an object or a path, or an event of another kind. */
function whatOf(known: (read: (row: AuditRow) => string) => string): string {
  if (known(({ type }) => type) === unparsable) return 'sent bytes that are not an HTTP request';
  const verb = known((row) => text(own(row, 'policyVerb')) || text(at(row, 'verb')));
  const object = known((row) => (text(at(row, 'objectRef', 'resource')) === '' ? '' : objectOf(row)));
  const other = known((row) => (isRequest(row) ? '' : objectOf(row)));
  return words(verb, object || known((row) => text(at(row, 'requestURI'))) || other);
}

/** Describes a request for people: who did what and why it was decided so, then one line for each event. */
export function describeRequest(environment: Environment, shown: ShownRequest, options: TimeOptions): string {
  const { events, clusterEvents, session, elevation } = shown;
  const ofCluster = clusterEvents.map(({ event }): AuditRow => ({
    id: '',
    type: clusterType,
    time: event.stageTimestamp,
    data: event,
  }));
  const rows = [...events, ...ofCluster].toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
  const all = [...rows, ...session, ...elevation].map(({ time }) => time);
  const times = trailTimes(environment, options, all);
  const known = (read: (row: AuditRow) => string) => firstWith(events, read);
  const cluster = known((row) => text(own(row, 'cluster', 'name')));
  const lines: [string, string][] = [
    ['Audit-ID', known(auditIdOf)],
    ['Who', whoOf(known)],
    ['Groups', known((row) => list(at(row, 'user', 'groups')))],
    ['Client', known((row) => text(at(row, 'userAgent')))],
    ['What', whatOf(known)],
    ['Name', createdNameOf(events, ofCluster)],
    ['Where', cluster],
    ['Path', known((row) => text(at(row, 'requestURI')))],
    ['Command', known((row) => text(own(row, 'exec', 'command')))],
    ['Decision', known(decisionOf)],
    ['Reasons', known((row) => list(own(row, 'decision', 'reasons')))],
    ['Policy', known((row) => text(own(row, 'decision', 'policyVersion')))],
    ['Result', resultOf(events)],
    ['Attempt', attemptOf(events, shown.attempts)],
    ['Session', sessionOf(events, session, times)],
    ...elevationsOf(events, elevation, times),
    ['Recording', known((row) => text(own(row, 'recording', 'id')))],
  ];
  const head = lines
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${`${label}:`.padEnd(11)}${forTerminal(value)}\n`)
    .join('');
  return `${head}\n${renderTable(environment, { rows, columns: columnsOf(times) }, { output: 'text', headers: true })}`;
}
