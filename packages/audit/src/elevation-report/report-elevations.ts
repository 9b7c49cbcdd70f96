import {
  elevationEventTypes,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
  type ElevationReport,
  type ElevationReportQuery,
  type ReportedElevation,
} from '@sallyport/contracts';
import { describeReported } from './describe-reported.ts';
import type { ElevationUse, UsesQuery } from './elevation-use.ts';

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

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const known = groups.get(key);
    if (known) known.push(item);
    else groups.set(key, [item]);
  }
  return groups;
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
  const stepsOf = groupBy(steps, ({ data }) => data.sallyport.elevation?.id);
  const usesOf = groupBy(uses, ({ elevation }) => elevation);
  const found = [...new Set([...stepsOf.keys(), ...usesOf.keys()])]
    .map((id) => describeReported(id, stepsOf.get(id) ?? [], usesOf.get(id) ?? []))
    .filter((one) => (query.user === undefined || one.user === query.user) && isIn(one, since))
    .toSorted((one, other) => (beginOf(one) < beginOf(other) ? 1 : -1));
  const elevations = found.slice(0, query.limit);
  return { since, until, elevations, omitted: found.length - elevations.length };
}

const beginOf = ({ steps, from }: ReportedElevation): string => steps[0]?.at ?? from ?? '';
