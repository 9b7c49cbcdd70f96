import type { AuditRows, AuditRow } from '@sallyport/contracts/answers';
import { requireCredential, openGateway } from '../../gateway/open-gateway.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { fitsTerminal, isData } from '../../terminal/output.ts';
import { type ListOptions, writeList } from '../../terminal/table.ts';
import type { Environment } from '../../environment/environment.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';
import { createPageReader, pageSize } from './read-pages.ts';
import { auditIdOf, beginOf, requestColumns, stageColumns, timesOf, userOf } from './trail-columns.ts';
import { asksForStages, auditQuery, omitsRoutine, type AuditFilters } from './trail-filters.ts';
import { trailTimes } from './trail-times.ts';

type Seen = Pick<AuditRows, 'scope' | 'view'>;

/** The view of a user who may see the trail of some clusters, in words. */
function describeView(view: NonNullable<Seen['view']>): string {
  const { clusters, withoutCluster } = view;
  const shown = clusters.slice(0, 10).map(forTerminal).join(', ');
  const more = clusters.length > 10 ? ` and ${clusters.length - 10} more` : '';
  return [
    'your own events',
    ...(clusters.length === 0 ? [] : [`those on ${shown}${more}`]),
    ...(withoutCluster ? ['those without a cluster'] : []),
  ].join(', and ');
}

/** Returns a note for a user who may see only a part of the trail; undefined if events of other users are shown. */
export function scopeNote(
  page: Seen & { events: readonly AuditRow[] },
  me: string,
  askedUser: string | undefined,
): string | undefined {
  const rule = "To see events of other users, you must be listed in the gateway's api.policy.audit";
  if (page.scope === 'own') return `Note: these are your own events. ${rule}.\n`;
  if (page.scope === 'clusters' && page.view)
    return `Note: the gateway's api.policy.audit lets you see ${describeView(page.view)}.\n`;
  if (page.scope != null || page.events.some((row) => userOf(row) !== '' && userOf(row) !== me)) return undefined;
  if (page.events.length === 0) return askedUser === me ? undefined : `Note: nothing was found. ${rule}.\n`;
  return askedUser === undefined ? `Note: all of these are your own events. ${rule}.\n` : undefined;
}

export function readLimit(limit: string): number {
  const value = /^\d{1,6}$/.test(limit) ? Number(limit) : 0;
  if (value < 1 || value > 100_000)
    throw usageError(`"${limit}" is not a number of events from 1 to 100000`, 'Write --limit 100.');
  return value;
}

export type SearchOptions = GatewayOptions &
  ListOptions &
  AuditFilters & { limit: string; order: string; stages?: boolean; all?: boolean; utc?: boolean };

/** Returns requests in the order of their beginnings, which the list shows. The gateway sends them in that of their ends. */
function byBeginning(rows: readonly AuditRow[], order: string): AuditRow[] {
  const sign = order === 'oldest' ? 1 : -1;
  return rows.toSorted((one, other) => sign * (Date.parse(beginOf(one)) - Date.parse(beginOf(other)) || 0));
}

/**
 * `sallyport audit search`: fetches pages until the limit, by default the newest requests first. Shows each request once,
 * unless all its events were asked for. Leaves out what is routine, unless that was asked for.
 */
export async function auditSearch(environment: Environment, options: SearchOptions): Promise<void> {
  const limit = readLimit(options.limit);
  const gateway = await openGateway(environment, options);
  const stages = asksForStages(options);
  const query = auditQuery(options, environment);
  query.set('order', options.order);
  if (!stages) query.set('view', 'requests');
  const found: AuditRow[] = [];
  const reader = createPageReader(gateway, omitsRoutine(options));
  let page: AuditRows;
  do {
    query.set('limit', String(Math.min(pageSize, limit - found.length)));
    page = await reader.page(query);
    found.push(...page.events);
    if (page.next != null) query.set('after', page.next);
  } while (page.next != null && found.length < limit && page.events.length > 0);
  const events = found.slice(0, limit);
  const note = scopeNote({ ...page, events }, requireCredential(gateway).user, options.user);
  if (note !== undefined) environment.stderr.write(note);
  const times = trailTimes(environment, options, events.flatMap(timesOf));
  const alike = fitsTerminal(environment, options.output) ? options : {};
  const more = page.next != null || found.length > limit;
  const rows = stages ? events : byBeginning(events, options.order);
  const ids = new Set(events.map(auditIdOf));
  await writeList<AuditRow>(
    environment,
    {
      rows: options.output === 'name' ? rows.filter((row) => ids.delete(auditIdOf(row))) : rows,
      columns: (stages ? stageColumns : requestColumns)(times, alike),
      name: auditIdOf,
      data: { events, more },
      none: omitsRoutine(options)
        ? "No event matches. Calls of the gateway's own API are left out: to see them too, add --all.\n"
        : 'No event matches.\n',
    },
    options,
  );
  if (more && !isData(options.output))
    environment.stderr.write(`There are more events. Use --limit ${limit * 10}, or narrow the filters.\n`);
}
