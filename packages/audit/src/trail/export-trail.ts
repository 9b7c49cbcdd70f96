import { toLine } from '@sallyport/audit-log';
import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { decodeCursor, encodeCursor } from '../events/cursor.ts';
import type { Viewer } from '../query/open-query.ts';
import { csvEnd, csvHeading, csvLines } from './csv-lines.ts';

/** Finds one page; undefined if the caller is gone. */
export type FindPage = (query: AuditQuery) => Promise<AuditPage | undefined>;
export type ExportFormat = 'ndjson' | 'csv';

/** How many events are read at a time. */
const pageSize = 500;

/** Reports whether an export lacks events: because of filters, or because the caller may not see them. */
function isFiltered({ order: _order, limit: _limit, routine, ...filters }: AuditQuery, { only }: Pick<Viewer, 'only'>) {
  return only !== undefined || routine === 'omit' || Object.keys(filters).length > 0;
}

/** The first line of an export that cannot be verified, and the last one of every export. */
const note = (about: object) => `${JSON.stringify({ export: about })}\n`;

/**
 * Returns an export piece by piece: the events that were stored when it began, the oldest first. The last line says
 * that it is complete.
 */
export async function* exportTrail(
  format: ExportFormat,
  query: AuditQuery,
  viewer: Pick<Viewer, 'only' | 'scope'>,
  find: FindPage,
): AsyncGenerator<string> {
  const newest = await find({ ...query, order: 'newest', limit: 1 });
  if (!newest) return;
  const top = newest.latest === undefined ? 0 : (decodeCursor(newest.latest).above ?? 0);
  const filtered = isFiltered(query, viewer);
  if (format === 'csv') yield csvHeading;
  else if (filtered) yield note({ filtered: true, ...viewer.scope });
  let [events, folded] = [0, 0];
  let after: string | undefined = encodeCursor({ above: 0, below: top + 1 });
  while (after !== undefined) {
    const page: AuditPage | undefined = await find({ ...query, order: 'oldest', limit: pageSize, after });
    if (!page) return;
    events += page.events.length;
    folded += page.events.filter(({ data }) => (data.sallyport.aggregated?.count ?? 1) > 1).length;
    if (page.events.length > 0) yield format === 'csv' ? csvLines(page.events) : page.events.map(toLine).join('');
    after = page.next;
  }
  if (format === 'csv') {
    yield csvEnd(events, filtered);
    return;
  }
  // The store keeps one event for several of an anonymous caller, so the others are missing here.
  yield note({
    complete: true,
    events,
    ...(folded > 0 ? { aggregated: folded } : {}),
    ...(filtered || folded > 0 ? { filtered: true } : {}),
  });
}
