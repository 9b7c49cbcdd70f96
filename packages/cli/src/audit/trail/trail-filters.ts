import { usageError } from '../../terminal/cli-error.ts';

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

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a time: RFC 3339, or how long ago (`90s`, `15m`, `2h`, `7d`). Throws a CliError. */
export function readMoment(text: string, now: number): string {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) {
    const ms = now - Number(amount) * units[unit!]!;
    if (ms > 0) return new Date(ms).toISOString();
  } else if (
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  ) {
    return new Date(text).toISOString();
  }
  throw usageError(
    `"${text}" is not a time`,
    'Write how long ago (15m, 2h, 7d) or a time such as 2026-11-24T08:00:00Z.',
  );
}

/** Returns the query for an id: the whole of it, or its first characters. */
function idQuery(name: string, id: string | undefined): Record<string, string> {
  if (id === undefined) return {};
  const beginning = id.replace(/…$/, '').toLowerCase();
  return /^[0-9a-f-]{4,35}$/.test(beginning) ? { [`${name}Prefix`]: beginning } : { [name]: id };
}

/** Returns the filters as a query for the gateway. */
export function auditQuery(filters: AuditFilters, now: number): URLSearchParams {
  const { auditId, session, since, until, code } = filters;
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
    ...(since === undefined ? {} : { since: readMoment(since, now) }),
    ...(until === undefined ? {} : { until: readMoment(until, now) }),
  });
}

/** Reports whether the user asked for events of which a request may have several, or none. */
export const asksForStages = ({ stages: all, stage, type }: AuditFilters & { stages?: boolean }): boolean =>
  all === true || stage !== undefined || type?.startsWith('stream.') === true;

type Asked = Pick<AuditFilters, 'type' | 'auditId' | 'session' | 'user' | 'rule'> & { all?: boolean };

/**
 * Reports whether a search leaves out what is routine. Who names events, a session, a rule or the gateway itself asks for
 * all of it.
 */
export const omitsRoutine = ({ all, type, auditId, session, user, rule }: Asked): boolean =>
  all !== true &&
  [type, auditId, session, rule].every((filter) => filter === undefined) &&
  user?.startsWith('gateway:') !== true;
