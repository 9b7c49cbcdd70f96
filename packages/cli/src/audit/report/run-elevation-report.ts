import { callApi } from '../../gateway/call-api.ts';
import { type ElevationReport, type ReportedElevation } from '@sallyport/contracts/answers';
import { readMoment } from '../trail/trail-filters.ts';
import type { Environment } from '../../environment/environment.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { reportTimeoutMs as timeoutMs, writeReport, type ReportFormat } from './write-report.ts';
import type { Column } from '../../terminal/table.ts';

const reviewSteps = ['reviewed', 'review-overdue'];
const seconds = (time: string | undefined) => (time ?? '').replace(/\.\d+Z$/, 'Z');

const ends = ['expired', 'revoked', 'denied', 'withdrawn', 'timed-out'];
const states: Record<string, string> = { requested: 'pending', activated: 'active', extended: 'active' };

/**
 * Returns the state that an elevation had at the end of the period, or ended in. A gateway before version 0.2.0 does not
 * tell it. If it does not show all steps either, only an end is known.
 */
function stateOf({ state, steps }: ReportedElevation, scope: ElevationReport['scope']): string {
  const end = steps.findLast(({ type }) => ends.includes(type))?.type;
  if (state !== undefined || end !== undefined) return state ?? end!;
  const last = steps.findLast(({ type }) => !reviewSteps.includes(type))?.type;
  return scope === 'all' && last !== undefined ? (states[last] ?? last) : 'unknown';
}

/** Returns the verdict of a review and who gave it, or by when it must be given. */
function reviewOf({ review, steps }: ReportedElevation): string {
  const done = steps.findLast(({ type }) => type === 'reviewed');
  if (done) return [review?.verdict ?? 'reviewed', done.user === undefined ? '' : `by ${done.user}`].join(' ').trim();
  if (steps.some(({ type }) => type === 'review-overdue')) return 'overdue';
  return review?.dueAt === undefined ? '' : `due ${seconds(review.dueAt)}`;
}

/** The requests, the most frequent first, such as `12 get pods`. */
function usesOf({ uses }: ReportedElevation, limit = Infinity): string {
  const told = uses.slice(0, limit).map(({ verb, resource, requests, streams }) => {
    const count = requests === 0 ? streams : requests;
    return [count, verb, resource].filter((part) => part !== '').join(' ');
  });
  return [...told, ...(uses.length > limit ? [`${uses.length - limit} more`] : [])].join(', ');
}

const who: Column<ReportedElevation>[] = [
  { name: 'ID', cell: ({ id }) => id, shrinks: true },
  { name: 'NAME', cell: ({ name }) => name },
  {
    name: 'WHERE',
    cell: ({ cluster, namespace }) => (namespace === undefined ? cluster : `${cluster}/${namespace}`),
  },
  { name: 'USER', cell: ({ user }) => user, shrinks: true },
  { name: 'STATE', cell: ({ state }) => state ?? '' },
  { name: 'FROM', cell: ({ from }) => seconds(from) },
  { name: 'UNTIL', cell: ({ until, expiresAt, from }) => seconds(until ?? (from === undefined ? '' : expiresAt)) },
  {
    name: 'APPROVED-BY',
    cell: ({ approvers, breakGlass }) => (breakGlass ? 'break-glass' : approvers.join(', ')),
    tone: ({ breakGlass }) => (breakGlass ? 'warning' : undefined),
  },
  { name: 'REVIEW', cell: reviewOf },
];
const why: Column<ReportedElevation>[] = [
  { name: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
  { name: 'TICKET', cell: ({ ticket }) => ticket ?? '' },
];
const counts: Column<ReportedElevation>[] = [
  { name: 'REQUESTS', cell: ({ requests }) => String(requests) },
  { name: 'REFUSED', cell: ({ refused }) => String(refused) },
  { name: 'FAILED', cell: ({ failed }) => String(failed) },
  { name: 'STREAMS', cell: ({ streams }) => String(streams) },
];
const groups: Column<ReportedElevation> = { name: 'GROUPS', cell: (one) => one.groups.join(', ') };

/** The columns for a terminal. */
const shownColumns: readonly Column<ReportedElevation>[] = [
  ...who,
  ...counts,
  { name: 'USED-FOR', cell: (one) => usesOf(one, 3), shrinks: true },
  ...why,
];

/** The columns for other programs: everything. */
const allColumns: readonly Column<ReportedElevation>[] = [
  ...who,
  groups,
  ...why,
  ...counts,
  { name: 'USED-FOR', cell: (one) => usesOf(one) },
];

export type ElevationReportOptions = GatewayNames & {
  from: string;
  to?: string;
  cluster?: string;
  user?: string;
  output: ReportFormat;
  headers: boolean;
};

/** `sallyport elevations report`: who had which elevation, why, who approved it, and what it was used for. */
export async function elevationReport(environment: Environment, options: ElevationReportOptions): Promise<void> {
  const { from, to, cluster, user, output } = options;
  const query = new URLSearchParams({ since: readMoment(from, environment) });
  if (to !== undefined) query.set('until', readMoment(to, environment));
  if (cluster !== undefined) query.set('cluster', cluster);
  if (user !== undefined) query.set('user', user);
  const gateway = await openGateway(environment, options);
  const report = await callApi(gateway, 'GET /audit/elevations', 'the report', { query, timeoutMs });
  const { omitted, since, until, scope } = report;
  const rows = report.elevations.map((one) => ({ ...one, state: stateOf(one, scope) }));
  await writeReport(environment, gateway, { report, rows, columns: shownColumns, allColumns }, options);
  const { stderr } = environment;
  if (output === 'text' && rows.length === 0) stderr.write(`There was no elevation from ${since} to ${until}.\n`);
  if (omitted > 0) stderr.write(`${omitted} older ones are not listed. Use --from, --to, --cluster or --user.\n`);
}
