import {
  elevationEventTypes,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
  type ElevationReport,
  type ElevationReportQuery,
  type ElevationState,
  type ReportedElevation,
} from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import type { OnlyOf } from '../events/event-store.ts';
import type { ElevationUse, UsesQuery } from './report-store.ts';

/** A report shows the most frequent kinds of requests. */
const mostUses = 100;
/** The steps with which a right ends. */
const ends = new Set(['expired', 'revoked']);
/** The steps after which nothing changes the state. */
const final: ReadonlySet<string> = new Set(['expired', 'revoked', 'denied', 'withdrawn', 'timed-out']);
const states: Readonly<Record<string, ElevationState>> = {
  requested: 'pending',
  approved: 'approved',
  activated: 'active',
  extended: 'active',
};

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

/** Returns the state after some steps. It is not known if the reader may not see all of them, or if they are gone. */
function stateOf(inOrder: readonly AuditRecord[], seesAll: boolean): ReportedElevation['state'] {
  const end = inOrder.findLast((record) => final.has(typeOf(record)));
  if (end) return typeOf(end) as ElevationState;
  const last = inOrder.findLast((record) => states[typeOf(record)] !== undefined);
  if (!seesAll || !last) return 'unknown';
  // Until the last of several approvals, the end is not known.
  const isPending = last.data.sallyport.elevation?.expiresAt === undefined && typeOf(last) === 'approved';
  return isPending ? 'pending' : states[typeOf(last)];
}

/** Describes one elevation from its events, and from what was done under it. Each event has all that was known then. */
function describeReported(
  id: string,
  { records, uses, seesAll }: { records: readonly AuditRecord[]; uses: readonly ElevationUse[]; seesAll: boolean },
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
    state: stateOf(inOrder, seesAll),
    steps: inOrder.map(stepOf),
    ...sumOf(uses),
    uses: uses.slice(0, mostUses).map(({ elevation: _elevation, user: _user, cluster: _cluster, ...use }) => use),
  };
}

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
  /** Finds the steps of some elevations in a period, whoever took them; undefined if the caller is gone. */
  stepsOf(ids: readonly string[], period: { since: string; until: string }): Promise<AuditRecord[] | undefined>;
  /** Who reads. Undefined: someone who sees all events. */
  only: OnlyOf | undefined;
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

/**
 * Adds the steps of others to those that a person sees of the elevations that they asked for, as `sallyport elevations`
 * shows them too. Returns undefined if the caller is gone.
 */
async function addStepsOfOthers(
  seen: readonly AuditRecord[],
  period: { since: string; until: string },
  { only, stepsOf }: Pick<ReportElevationsDeps, 'only' | 'stepsOf'>,
): Promise<{ steps: AuditRecord[]; own: ReadonlySet<string> } | undefined> {
  const asked = seen.filter(({ type, data: { sallyport } }) => {
    const { iss, sub } = sallyport.identity ?? {};
    return type === 'elevation.requested' && iss === only?.issuer && sub === only?.subject;
  });
  const own = new Set(asked.map(({ data }) => data.sallyport.elevation!.id));
  const all = own.size === 0 || !only ? [] : await stepsOf([...own], period);
  if (!all) return undefined;
  const known = new Set(seen.map(({ id }) => id));
  return { steps: [...seen, ...all.filter(({ id }) => !known.has(id))], own };
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
  { find, uses: findUses, stepsOf, only, now }: ReportElevationsDeps,
): Promise<ElevationReport | undefined> {
  const until = new Date(query.until ?? now).toISOString();
  const since = new Date(query.since ?? Date.parse(until) - usualPeriodMs).toISOString();
  const begin = new Date(Date.parse(since) - lookBackMs).toISOString();
  const period = { since: begin, until };
  const seen = (await findSteps(query, period, find))?.filter(({ data }) => data.sallyport.elevation);
  const added = seen && (await addStepsOfOthers(seen, period, { only, stepsOf }));
  const uses = added && (await findUses({ since, until, user: query.user, cluster: query.cluster }));
  if (!uses) return undefined;
  const recordsOf = Map.groupBy(added.steps, ({ data }) => data.sallyport.elevation!.id);
  const usesOf = Map.groupBy(uses, ({ elevation }) => elevation);
  const seesAll = (id: string, cluster: string | undefined) =>
    !only || added.own.has(id) || (cluster !== undefined && only.and?.clusters.includes(cluster) === true);
  const found = [...new Set([...recordsOf.keys(), ...usesOf.keys()])]
    .map((id) => {
      const [records, used] = [recordsOf.get(id) ?? [], usesOf.get(id) ?? []];
      const cluster = records[0]?.data.sallyport.cluster?.name;
      return describeReported(id, { records, uses: used, seesAll: seesAll(id, cluster) });
    })
    .filter((one) => (query.user === undefined || one.user === query.user) && isIn(one, since))
    .toSorted((one, other) => (beginOf(one) < beginOf(other) ? 1 : -1));
  const elevations = found.slice(0, query.limit);
  return { since, until, elevations, omitted: found.length - elevations.length };
}

const beginOf = ({ steps, from }: ReportedElevation): string => steps[0]?.at ?? from ?? '';
