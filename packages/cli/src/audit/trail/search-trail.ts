import { auditPageSchema, type AuditRows, type AuditRow } from '@sallyport/contracts/answers';
import { askFor, requireCredential, openGateway, type OpenGateway } from '../../gateway/open-gateway.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { isData } from '../../terminal/output.ts';
import { type ListOptions, writeList } from '../../terminal/table.ts';
import type { Environment } from '../../environment/environment.ts';
import { auditIdOf, requestColumns, stageColumns, userOf } from './trail-columns.ts';
import { asksForStages, auditQuery, type AuditFilters } from './trail-filters.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';

const pageSize = 1000;

/** Fetches one page of the audit trail. */
export async function fetchAuditPage(gateway: OpenGateway, query: URLSearchParams): Promise<AuditRows> {
  return askFor(gateway, auditPageSchema, 'the audit query', `/.sallyport/api/v1/audit?${query.toString()}`);
}

/** Reads the pages of a query, which it changes, until no event is left. */
export async function* auditPages(gateway: OpenGateway, query: URLSearchParams): AsyncGenerator<AuditRows> {
  for (;;) {
    const page = await fetchAuditPage(gateway, query);
    yield page;
    if (page.next == null || page.events.length === 0) return;
    query.set('after', page.next);
  }
}

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
  AuditFilters & { limit: string; order: string; stages?: boolean };

/**
 * `sallyport audit search`: fetches pages until the limit, by default the newest requests first. Shows each request once,
 * unless all its events were asked for.
 */
export async function auditSearch(environment: Environment, options: SearchOptions): Promise<void> {
  const limit = readLimit(options.limit);
  const gateway = await openGateway(environment, options);
  const stages = asksForStages(options);
  const query = auditQuery(options, environment.now());
  query.set('order', options.order);
  if (!stages) query.set('view', 'requests');
  const events: AuditRow[] = [];
  let page: AuditRows;
  do {
    query.set('limit', String(Math.min(pageSize, limit - events.length)));
    page = await fetchAuditPage(gateway, query);
    events.push(...page.events.slice(0, limit - events.length));
    if (page.next != null) query.set('after', page.next);
  } while (page.next != null && events.length < limit && page.events.length > 0);
  const note = scopeNote({ ...page, events }, requireCredential(gateway).user, options.user);
  if (note !== undefined) environment.stderr.write(note);
  const more = page.next != null;
  const ids = new Set(events.map(auditIdOf));
  await writeList<AuditRow>(
    environment,
    {
      rows: options.output === 'name' ? events.filter((row) => ids.delete(auditIdOf(row))) : events,
      columns: stages ? stageColumns : requestColumns,
      name: auditIdOf,
      data: { events, more },
      none: 'No event matches.\n',
    },
    options,
  );
  if (more && !isData(options.output))
    environment.stderr.write(`There are more events. Use --limit ${limit * 10}, or narrow the filters.\n`);
}
