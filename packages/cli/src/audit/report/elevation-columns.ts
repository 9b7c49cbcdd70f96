import type { ReportedElevation } from '../../gateway/elevation-answers.ts';
import type { Column } from '../../terminal/render-table.ts';

const reviewSteps = ['reviewed', 'review-overdue'];
const seconds = (time: string | undefined) => (time ?? '').replace(/\.\d+Z$/, 'Z');

/** Returns the state that an elevation had at the end of the period, or ended in. */
function stateOf({ from, until, steps }: ReportedElevation): string {
  if (from !== undefined && until === undefined) return 'active';
  const last = steps.findLast(({ type }) => !reviewSteps.includes(type))?.type ?? '';
  return last === 'requested' ? 'pending' : last;
}

/** Returns the verdict of a review and who gave it, or by when it must be given. */
function reviewOf({ review, steps }: ReportedElevation): string {
  const done = steps.findLast(({ type }) => type === 'reviewed');
  if (done) return [review?.verdict ?? 'reviewed', done.user === undefined ? '' : `by ${done.user}`].join(' ').trim();
  if (steps.some(({ type }) => type === 'review-overdue')) return 'overdue';
  return review?.dueAt === undefined ? '' : `due ${seconds(review.dueAt)}`;
}

/** Returns what was done, the most frequent first, such as `12 get pods`. */
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
  { name: 'STATE', cell: stateOf },
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
export const shownColumns: readonly Column<ReportedElevation>[] = [
  ...who,
  ...counts,
  { name: 'USED-FOR', cell: (one) => usesOf(one, 3), shrinks: true },
  ...why,
];

/** The columns for other programs: everything. */
export const allColumns: readonly Column<ReportedElevation>[] = [
  ...who,
  groups,
  ...why,
  ...counts,
  { name: 'USED-FOR', cell: (one) => usesOf(one) },
];
