import { dayMs, parseDuration } from '@sallyport/contracts/text';
import { usageError } from '../../terminal/cli-error.ts';
import { createClock } from '../../terminal/clock.ts';

/** The filters that the gateway gets as they are. */
const plainFilters = [
  'user',
  'group',
  'cluster',
  'namespace',
  'resource',
  'subresource',
  'name',
  'verb',
  'type',
  'stage',
  'effect',
  'result',
  'rule',
  'reason',
  'elevation',
  'agent',
  'workload',
  'address',
  'command',
  'issuer',
  'subject',
] as const;

/** Filters as options. They have the names of the gateway's audit query. */
export type AuditFilters = {
  [Name in (typeof plainFilters)[number] | 'code' | 'session' | 'auditId' | 'since' | 'until']?: string;
};

const timeOfDay = /^(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/;
const withZone = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** What a person's clock says: the time, and its zone (an IANA name, by default that of the process). */
export type MomentClock = { now(): number; timeZone?: string | undefined };

/** Reads a time that has no zone, by the person's clock: `today`, `yesterday`, `09:30`, `2026-11-24 09:30`. */
function readLocal(text: string, { now, timeZone }: MomentClock): number {
  const clock = createClock(timeZone);
  const today = clock.day(now());
  if (text === 'today') return clock.moment(today, '00:00');
  // Noon, because a day may be an hour longer or shorter.
  if (text === 'yesterday') return clock.moment(clock.day(clock.moment(today, '12:00') - dayMs), '00:00');
  const [, day = today, time] = timeOfDay.exec(text) ?? [];
  return time === undefined || Number.isNaN(Date.parse(`${day}T${time}Z`)) ? Number.NaN : clock.moment(day, time);
}

/**
 * Reads a time: RFC 3339, how long ago (`90s`, `15m`, `2h`, `7d`), or a time by the person's clock. A date alone is in UTC,
 * like the days of reports. Throws a CliError.
 */
export function readMoment(text: string, clock: MomentClock): string {
  const ago = parseDuration(text);
  const ms = ago !== undefined ? clock.now() - ago : withZone.test(text) ? Date.parse(text) : readLocal(text, clock);
  if (ms >= 0) return new Date(ms).toISOString();
  throw usageError(
    `"${text}" is not a time`,
    'Write how long ago (15m, 2h, 7d), today, yesterday, a time of today (09:30), or a time such as 2026-11-24T08:00:00Z.',
  );
}

/** Returns the query for an id: the whole of it, or its first characters. */
function idQuery(name: string, id: string | undefined): Record<string, string> {
  if (id === undefined) return {};
  const beginning = id.replace(/…$/, '').toLowerCase();
  return /^[0-9a-f-]{4,35}$/.test(beginning) ? { [`${name}Prefix`]: beginning } : { [name]: id };
}

/** Returns the filters as a query for the gateway. */
export function auditQuery(filters: AuditFilters & { utc?: boolean }, person: MomentClock): URLSearchParams {
  const { auditId, session, since, until, code, utc } = filters;
  const clock = { now: () => person.now(), timeZone: utc === true ? 'UTC' : person.timeZone };
  if (code !== undefined && !/^\d{3}$/.test(code))
    throw usageError(`"${code}" is not an HTTP status`, 'Write --code 403.');
  const plain = plainFilters
    .map((name) => [name, filters[name]] as const)
    .filter((pair): pair is [(typeof plainFilters)[number], string] => pair[1] !== undefined);
  return new URLSearchParams({
    ...Object.fromEntries(plain),
    ...idQuery('auditID', auditId),
    ...idQuery('session', session),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { since: readMoment(since, clock) }),
    ...(until === undefined ? {} : { until: readMoment(until, clock) }),
  });
}

/** Reports whether the user asked for events of which a request may have several, or none. */
export const asksForStages = ({ stages: all, stage, type }: AuditFilters & { stages?: boolean }): boolean =>
  all === true || stage !== undefined || /^(?:stream|recording)\./.test(type ?? '');

type Asked = Pick<AuditFilters, 'type' | 'auditId' | 'session' | 'user' | 'rule'> & { all?: boolean };

/**
 * Reports whether a search leaves out what is routine. Who names events, a session, a rule or the gateway itself asks for
 * all of it.
 */
export const omitsRoutine = ({ all, type, auditId, session, user, rule }: Asked): boolean =>
  all !== true &&
  [type, auditId, session, rule].every((filter) => filter === undefined) &&
  user?.startsWith('gateway:') !== true;
