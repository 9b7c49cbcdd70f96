import {
  elevationEventTypes,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
  type ElevationReport,
  type ElevationReportQuery,
  type ReportedElevation,
} from '@sallyport/contracts';
import type { ElevationUse, UsesQuery } from './report-store.ts';

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
function describeReported(
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
    uses: uses.slice(0, mostUses).map(({ elevation: _elevation, user: _user, cluster: _cluster, ...use }) => use),
  };
}

const dayMs = 86_400_000;
/** An elevation that is active in the period began at most so long before it. */
const lookBackMs = 31 * dayMs;
const usualPeriodMs = 30 * dayMs;
const pageSize = 1000;
/** So many events of elevations are read of each type. */
const mostEvents = 20_000;

export type ReportElevationsDeps = {
  /** Finds one page; undefined if the caller is gone. */
  find(query: AuditQuery): Promise<AuditPage | undefined>;
  uses(query: UsesQuery): Promise<ElevationUse[] | undefined>;
  /** Milliseconds since the epoch. */
  now: number;
};

/** Finds all events of elevations up to the end of the period. Returns undefined if the caller is gone. */
async function findSteps(
  { cluster }: ElevationReportQuery,
  times: { since: string; until: string },
  find: ReportElevationsDeps['find'],
): Promise<AuditRecord[] | undefined> {
  const steps: AuditRecord[] = [];
  for (const type of elevationEventTypes) {
    for (let [after, read]: [string | undefined, number] = [undefined, 0]; read < mostEvents;) {
      const place = { ...(after === undefined ? {} : { after }), ...(cluster === undefined ? {} : { cluster }) };
      const page = await find({ type, order: 'oldest', limit: pageSize, ...times, ...place });
      if (!page) return undefined;
      steps.push(...page.events);
      read += page.events.length;
      after = page.next;
      if (after === undefined || page.events.length === 0) break;
    }
  }
  return steps;
}

/** Reports whether something of an elevation happened in a period, or the person had it then. */
function isIn({ steps, uses, from, until, expiresAt }: ReportedElevation, since: string): boolean {
  if (uses.length > 0 || steps.some(({ at }) => at >= since)) return true;
  return from !== undefined && until === undefined && (expiresAt === undefined || expiresAt > since);
}

/**
 * Reports the elevations of a period from the trail: who had what, when and why, who approved it, and what it was used for.
 * Returns undefined if the caller is gone.
 */
export async function reportElevations(
  query: ElevationReportQuery,
  { find, uses: findUses, now }: ReportElevationsDeps,
): Promise<ElevationReport | undefined> {
  const until = new Date(query.until ?? now).toISOString();
  const since = new Date(query.since ?? Date.parse(until) - usualPeriodMs).toISOString();
  const begin = new Date(Date.parse(since) - lookBackMs).toISOString();
  const steps = await findSteps(query, { since: begin, until }, find);
  const uses = steps && (await findUses({ since, until, user: query.user, cluster: query.cluster }));
  if (!uses) return undefined;
  const named = steps.filter(({ data }) => data.sallyport.elevation);
  const stepsOf = Map.groupBy(named, ({ data }) => data.sallyport.elevation!.id);
  const usesOf = Map.groupBy(uses, ({ elevation }) => elevation);
  const found = [...new Set([...stepsOf.keys(), ...usesOf.keys()])]
    .map((id) => describeReported(id, stepsOf.get(id) ?? [], usesOf.get(id) ?? []))
    .filter((one) => (query.user === undefined || one.user === query.user) && isIn(one, since))
    .toSorted((one, other) => (beginOf(one) < beginOf(other) ? 1 : -1));
  const elevations = found.slice(0, query.limit);
  return { since, until, elevations, omitted: found.length - elevations.length };
}

const beginOf = ({ steps, from }: ReportedElevation): string => steps[0]?.at ?? from ?? '';
