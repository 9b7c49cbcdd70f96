import { ruleLabel, type AuditRow } from '@sallyport/contracts/answers';
import { fieldOf } from '../../input/untrusted.ts';
import type { GrowingColumn } from '../../terminal/table.ts';
import type { Tone } from '../../terminal/paint.ts';
import { readableSpan } from '../../terminal/times.ts';
import type { AuditFilters } from './trail-filters.ts';
import type { TrailTimes } from './trail-times.ts';

/** Returns the value at a path of names in an event. Events are not checked, so it may be anything. */
export const at = (row: AuditRow, ...names: string[]): unknown => names.reduce<unknown>(fieldOf, row.data);

/** Returns a text or a number, or a list of them, as text; anything else as an empty text. */
export function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(' ');
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Returns the user of an event. */
export const userOf = (row: AuditRow): string => text(at(row, 'user', 'username'));
/** Returns who did what a list shows. What no one has asked for, such as the end of an elevation, the gateway did. */
const actorOf = (row: AuditRow): string => userOf(row) || (isOfElevation(row) ? '(gateway)' : '');
/** Returns the id that all events of a request have in common. */
export const auditIdOf = (row: AuditRow): string => text(at(row, 'auditID'));
/** Returns the rule that decided about a request, as people read it. */
export const ruleOf = (row: AuditRow): string => {
  const ruleName = text(at(row, 'sallyport', 'decision', 'ruleName'));
  return ruleLabel({ rule: text(at(row, 'sallyport', 'decision', 'rule')), ruleName: ruleName || undefined });
};
/** Returns the stage of the request when the event was written. */
export const stageOf = (row: AuditRow): string => text(at(row, 'stage'));
/** Reports whether an event is about a stream, in addition to the stages of its request. */
export const isOfStream = (row: { type: string }): boolean => row.type.startsWith('stream.');
const isOfElevation = ({ type }: AuditRow): boolean => type.startsWith('elevation.');
/** Reports whether an event is a stage of a request. */
export const isRequest = ({ type }: AuditRow): boolean => type === 'k8s.request' || type === 'http.request';

/** Returns the elevation that an event is about, its place and whose it is. */
function elevationOf(row: AuditRow): string {
  const of = (name: string) => text(at(row, 'sallyport', 'elevation', name));
  const [namespace, user] = [of('namespace'), of('user')];
  return `${of('name')}${namespace === '' ? '' : ` in ${namespace}`}${user === '' ? '' : ` of ${user}`}`;
}

/**
 * Returns `namespace/resource/name:subresource` as far as it is known, or the path, or the elevation, or the type of the
 * event. Leaves out the namespace that all objects of a list have in common.
 */
export function objectOf(row: AuditRow, commonNamespace?: string): string {
  const namespace = text(at(row, 'objectRef', 'namespace'));
  const [resource, subresource] = [text(at(row, 'objectRef', 'resource')), text(at(row, 'objectRef', 'subresource'))];
  if (resource === '')
    return isRequest(row) ? text(at(row, 'requestURI')) : isOfElevation(row) ? elevationOf(row) : row.type;
  const path = [namespace === commonNamespace ? '' : namespace, resource, text(at(row, 'objectRef', 'name'))]
    .filter((piece) => piece !== '')
    .join('/');
  return subresource === '' ? path : `${path}:${subresource}`;
}

/** Returns when a request began, or when anything else happened. */
export const beginOf = (row: AuditRow): string =>
  (isRequest(row) ? text(at(row, 'requestReceivedTimestamp')) : '') || row.time;
/** Returns the times of an event that lists show. */
export const timesOf = (row: AuditRow): string[] => [beginOf(row), row.time];

/** Returns how long a request took, that it is open, or how many requests the event represents. */
function durationOf(row: AuditRow): string {
  const count = at(row, 'sallyport', 'aggregated', 'count');
  if (typeof count === 'number' && count > 1) return `${count} times`;
  if (isRequest(row) && stageOf(row) === 'RequestReceived') return 'open';
  const ms = at(row, 'sallyport', 'durationMs');
  return typeof ms === 'number' ? readableSpan(ms) : '';
}

/** Returns the stage, and the count if the event represents several. */
function stageAndCountOf(row: AuditRow): string {
  const count = at(row, 'sallyport', 'aggregated', 'count');
  return typeof count === 'number' && count > 1 ? `${stageOf(row)} (${count} times)` : stageOf(row);
}

/** Returns whether a request began or ended. */
const changeOf = (row: AuditRow): string =>
  isRequest(row) ? (stageOf(row) === 'RequestReceived' ? 'began' : 'ended') : '';

const resultTones: Record<string, Tone> = { refused: 'bad', 'denied-by-cluster': 'bad', failed: 'warning' };
/** Returns how the request ended. */
const resultOf = (row: AuditRow): string => row.result ?? '';

function codeTone(row: AuditRow): Tone | undefined {
  const code = Number(at(row, 'responseStatus', 'code'));
  if (code >= 500) return 'bad';
  return code >= 400 ? 'warning' : undefined;
}

type AuditColumn = GrowingColumn<AuditRow>;
/** Filters that make a column the same in all rows of a list, so that it is left out. */
type Alike = Pick<AuditFilters, 'user' | 'cluster' | 'namespace' | 'result' | 'code'>;

/** Returns the columns of what happened. What the rows of a list have in common takes no room. */
function commonColumns({ user, cluster, namespace, result, code }: Alike): AuditColumn[] {
  const differs = (column: AuditColumn, filter: string | undefined) => (filter === undefined ? [column] : []);
  return [
    ...differs({ name: 'USER', cell: actorOf, width: 22, shrinks: ['end', 'middle', 'start'] }, user),
    ...differs(
      {
        name: 'CLUSTER',
        cell: (row) => text(at(row, 'sallyport', 'cluster', 'name')),
        width: 12,
        shrinks: ['end', 'middle', 'start'],
      },
      cluster,
    ),
    { name: 'VERB', cell: (row) => text(at(row, 'sallyport', 'policyVerb')) || text(at(row, 'verb')), width: 8 },
    {
      name: 'OBJECT',
      cell: (row) => objectOf(row, namespace),
      width: 36,
      shrinks: ['middle', 'start', 'end'],
      grows: true,
    },
    ...differs({ name: 'RESULT', cell: resultOf, width: 7, tone: (row) => resultTones[resultOf(row)] }, result),
    ...differs(
      { name: 'CODE', cell: (row) => text(at(row, 'responseStatus', 'code')), width: 4, tone: codeTone },
      code,
    ),
  ];
}

const wide = true;
const details: AuditColumn[] = [
  { name: 'EFFECT', cell: (row) => text(at(row, 'sallyport', 'decision', 'effect')), width: 6, wide },
  { name: 'RULE', cell: ruleOf, width: 30, wide },
  { name: 'REASONS', cell: (row) => text(at(row, 'sallyport', 'decision', 'reasons')), width: 20, wide },
  { name: 'ADDRESS', cell: (row) => text(at(row, 'sallyport', 'clientAddress')), width: 15, wide },
  { name: 'SESSION', cell: (row) => text(at(row, 'sallyport', 'sessionId')), width: 36, wide },
  { name: 'AUDIT', cell: auditIdOf, width: 36, wide },
  { name: 'COMMAND', cell: (row) => text(at(row, 'sallyport', 'exec', 'command')), width: 0, wide },
];
const duration: AuditColumn = { name: 'DURATION', cell: durationOf, width: 8 };
const stage: AuditColumn = { name: 'STAGE', cell: stageAndCountOf, width: 16 };

/** Returns the columns of a list. */
export type TrailColumns = (times: TrailTimes, alike: Alike) => readonly AuditColumn[];

/** The columns of a list with one line for each request. */
export const requestColumns: TrailColumns = ({ show, width }, alike) => [
  { name: 'TIME', cell: (row) => show(beginOf(row)), width },
  ...commonColumns(alike),
  duration,
  ...details,
];

/** The columns of a list with one line for each event. */
export const stageColumns: TrailColumns = ({ show, width }, alike) => [
  { name: 'TIME', cell: ({ time }) => show(time), width },
  ...commonColumns(alike),
  stage,
  ...details,
];

/** The columns of what happens now: a line for the beginning of each request, and one for its end. */
export const changeColumns: TrailColumns = ({ show, width }, alike) => [
  { name: 'TIME', cell: ({ time }) => show(time), width },
  { name: 'EVENT', cell: changeOf, width: 5 },
  ...commonColumns(alike),
  // That it is open follows from the line for its end, which is not there yet.
  { ...duration, cell: (row) => (changeOf(row) === 'began' ? '' : durationOf(row)) },
  ...details,
];

/** Reports whether an event is an audit query of this session. */
export function isAuditQueryOf(row: AuditRow, sessionId: string): boolean {
  return (
    row.type === 'http.request' &&
    text(at(row, 'requestURI')).startsWith('/.sallyport/api/v1/audit') &&
    at(row, 'sallyport', 'sessionId') === sessionId
  );
}
