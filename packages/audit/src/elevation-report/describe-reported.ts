import type { AuditRecord, ReportedElevation } from '@sallyport/contracts';
import type { ElevationUse } from './elevation-use.ts';

/** A report shows the most frequent kinds of requests. */
const mostUses = 100;
/** The steps with which a right ends. */
const ends = new Set(['expired', 'revoked']);

const typeOf = ({ type }: AuditRecord): string => type.slice('elevation.'.length);

function stepOf(record: AuditRecord): ReportedElevation['steps'][number] {
  const { user, sallyport } = record.data;
  return {
    type: typeOf(record),
    at: record.time,
    ...(user.username === undefined ? {} : { user: user.username }),
    ...(sallyport.detail === undefined ? {} : { detail: sallyport.detail }),
  };
}

/** Adds up the uses by verb and resource. */
function sumOf(uses: readonly ElevationUse[]): Pick<ReportedElevation, 'requests' | 'refused' | 'failed' | 'streams'> {
  const sum = { requests: 0, refused: 0, failed: 0, streams: 0 };
  for (const use of uses)
    for (const name of ['requests', 'refused', 'failed', 'streams'] as const) sum[name] += use[name];
  return sum;
}

/** Describes one elevation from its events, and from what was done under it. Each event has all that was known then. */
export function describeReported(
  id: string,
  records: readonly AuditRecord[],
  uses: readonly ElevationUse[],
): ReportedElevation {
  const inOrder = records.toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  const last = inOrder.at(-1)?.data.sallyport;
  const elevation = last?.elevation;
  const begun = inOrder.find((record) => ['activated', 'extended'].includes(typeOf(record)));
  const end = begun && inOrder.find((record) => ends.has(typeOf(record)));
  const { namespace, reason, ticket, expiresAt, review: due } = elevation ?? {};
  const reviewed = inOrder.findLast((record) => typeOf(record) === 'reviewed')?.data.sallyport.elevation?.review;
  // What comes after a review no longer has its verdict.
  const review = (due ?? reviewed) ? { ...due, ...reviewed } : undefined;
  const approvers = elevation?.approvers ?? [];
  const given = { namespace, reason, ticket, expiresAt, review, from: begun?.time, until: end?.time };
  return {
    id,
    name: elevation?.name ?? '',
    cluster: last?.cluster?.name ?? uses[0]?.cluster ?? '',
    user: elevation?.user ?? uses[0]?.user ?? '',
    groups: elevation?.groups ?? [],
    approvers,
    breakGlass: elevation?.breakGlass ?? (begun !== undefined && approvers.length === 0),
    ...(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<ReportedElevation>),
    steps: inOrder.map(stepOf),
    ...sumOf(uses),
    uses: uses.slice(0, mostUses).map(({ verb, resource, requests, refused, failed, streams }) => ({
      verb,
      resource,
      requests,
      refused,
      failed,
      streams,
    })),
  };
}
