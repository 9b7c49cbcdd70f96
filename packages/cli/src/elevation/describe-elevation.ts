import { lackingWords, type ElevationView } from '@sallyport/contracts/answers';
import { renderFacts } from '../terminal/table.ts';
import { readableSpan, readableTime, withTimes } from '../terminal/times.ts';
import type { Column } from '../terminal/table.ts';

/** Names where an elevation applies. */
export const placeOf = ({ cluster, namespace }: ElevationView) =>
  namespace === undefined ? cluster : `${cluster}/${namespace}`;

/** Says until when the state lasts by itself. */
function untilOf({ state, pendingUntil, activeFrom, expiresAt, ended }: ElevationView): string {
  if (state === 'pending') return readableTime(pendingUntil);
  if (state === 'approved') return readableTime(activeFrom);
  return readableTime(state === 'active' ? expiresAt : ended?.at);
}

/** Says what has become of the review of an elevation, or by when it must be reviewed. */
function reviewOf({ review }: ElevationView): string | undefined {
  if (!review) return undefined;
  const { groups, dueAt, overdue, done } = review;
  if (done) return `${done.verdict}, by ${done.user} at ${readableTime(done.at)}: ${done.comment}`;
  const by = groups === undefined ? '' : ` by ${groups.join(' or ')}`;
  if (dueAt === undefined) return `needed${by} after its end`;
  return overdue ? `overdue since ${readableTime(dueAt)}${by}` : `due${by} until ${readableTime(dueAt)}`;
}

const which: readonly Column<ElevationView>[] = [
  { name: 'ID', cell: ({ id }) => id, shrinks: true },
  { name: 'NAME', cell: ({ name }) => name },
  { name: 'WHERE', cell: placeOf },
  { name: 'USER', cell: ({ user }) => user, shrinks: true },
];

export function reviewColumns(): Column<ElevationView>[] {
  return [
    ...which,
    { name: 'STATE', cell: ({ state }) => state },
    { name: 'DUE', cell: ({ review }) => readableTime(review?.dueAt) },
    {
      name: 'OVERDUE',
      cell: ({ review }) => (review?.overdue === true ? 'yes' : ''),
      tone: ({ review }) => (review?.overdue === true ? 'bad' : undefined),
    },
    { name: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
    { name: 'TICKET', cell: ({ ticket }) => ticket ?? '', wide: true },
  ];
}

/** Says which approvals a request still needs, if each of several sets of people must approve. */
const needsOf = (one: ElevationView) => (one.state === 'pending' ? lackingWords(one) : '');

/** Says who has approved, and for which sets of approvers. */
const approvalOf = ({ user, sets }: ElevationView['approvals'][number]) =>
  sets === undefined ? user : `${user} (${sets.join(', ')})`;

/** Returns the columns of a list of these elevations. */
export function elevationColumns(rows: readonly ElevationView[]): Column<ElevationView>[] {
  const needs: Column<ElevationView>[] = rows.some((one) => needsOf(one) !== '')
    ? [{ name: 'NEEDS', cell: needsOf }]
    : [];
  return [
    ...which,
    { name: 'STATE', cell: ({ state }) => state, tone: ({ state }) => (state === 'active' ? 'warning' : undefined) },
    { name: 'FOR', cell: ({ durationMs }) => readableSpan(durationMs) },
    { name: 'UNTIL', cell: untilOf },
    ...needs,
    { name: 'YOU-MAY', cell: ({ may }) => may.join(',') },
    { name: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
    { name: 'TICKET', cell: ({ ticket }) => ticket ?? '', wide: true },
    { name: 'APPROVED-BY', cell: ({ approvals }) => approvals.map(approvalOf).join(', '), wide: true },
    { name: 'REVIEW', cell: (one) => reviewOf(one) ?? '', wide: true },
  ];
}

/** Says in one sentence what state an elevation is in, and what comes next. */
export function describeState(elevation: ElevationView): string {
  const { state, expiresAt, approvals, approvalsNeeded, pendingUntil, activeFrom, ended, unrecorded } = elevation;
  const by = ended?.user === undefined ? '' : ` by ${ended.user}`;
  const needs = needsOf(elevation);
  const why = ended?.detail === undefined ? '' : `: ${ended.detail}`;
  switch (state) {
    case 'pending':
      return `waits for approval (${approvals.length} of ${approvalsNeeded}${needs === '' ? '' : `, needs ${needs}`}) until ${readableTime(pendingUntil)}`;
    case 'approved':
      return unrecorded
        ? 'is approved, and waits for the audit log'
        : `is approved, and begins at ${readableTime(activeFrom)}`;
    case 'active':
      return `is active until ${readableTime(expiresAt)}`;
    case 'timed-out':
      return 'was not decided in time';
    default:
      return `is ${state}${by}${why}`;
  }
}

/** Returns the facts about one elevation, one per line. */
export function describeElevation(elevation: ElevationView): string {
  const { id, name, user, groups, durationMs, reason, ticket, approvals, createdAt, may } = elevation;
  const facts: [string, string | undefined][] = [
    ['Elevation', `${name} (${id})`],
    ['User', user],
    ['Where', placeOf(elevation)],
    ['State', describeState(elevation)],
    ['Kind', elevation.breakGlass === true ? 'break-glass (begins without an approval)' : undefined],
    ['Groups', groups.join(', ')],
    ['For', readableSpan(durationMs)],
    ['Asked', readableTime(createdAt)],
    ['Reason', reason],
    ['Ticket', ticket],
    ['Extends', elevation.extends],
    ['Approved', approvals.map((one) => `${approvalOf(one)} at ${readableTime(one.at)}`).join(', ') || undefined],
    ['Review', reviewOf(elevation)],
    ['You may', may.join(', ') || undefined],
  ];
  return renderFacts(facts);
}

function reviewData({ done, ...review }: NonNullable<ElevationView['review']>): Record<string, unknown> {
  return { ...withTimes(review, ['dueAt']), done: done && withTimes(done, ['at']) };
}

/** Returns an elevation for programs: its times in RFC 3339. */
export function elevationData({ approvals, ended, review, ...elevation }: ElevationView): Record<string, unknown> {
  return {
    ...withTimes(elevation, ['createdAt', 'pendingUntil', 'startsAt', 'activeFrom', 'expiresAt']),
    approvals: approvals.map((one) => withTimes(one, ['at'])),
    ended: ended && withTimes(ended, ['at']),
    review: review && reviewData(review),
  };
}
