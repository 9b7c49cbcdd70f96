import type { AuditRow } from '@sallyport/contracts/answers';
import { requireCredential, openGateway } from '../../gateway/open-gateway.ts';
import { createGrowingTable, type ListOptions } from '../../terminal/table.ts';
import { fitsTerminal, isData } from '../../terminal/output.ts';
import { renderDocument } from '../../terminal/render-yaml.ts';
import type { Environment } from '../../environment/environment.ts';
import { changeColumns, isAuditQueryOf, isOfStream, stageColumns, stageOf } from './trail-columns.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';
import { followTrail } from './follow-trail.ts';
import { createPageReader, pageSize, type PageReader } from './read-pages.ts';
import { readLimit, scopeNote } from './search-trail.ts';
import { asksForStages, auditQuery, omitsRoutine, type AuditFilters } from './trail-filters.ts';
import { followedTimes } from './trail-times.ts';

/** The queries of an earlier tail may be the latest events, so more of them are read, to a limit. */
const mostPages = 10;

export type TailOptions = GatewayOptions &
  ListOptions &
  AuditFilters & { limit: string; stages?: boolean; all?: boolean; utc?: boolean };
type Printer = { heading(): void; rows(rows: readonly AuditRow[]): void };

/** Prints events as they come: a line for each, or a document for programs. */
function createPrinter(environment: Environment, options: TailOptions): Printer {
  const { stdout } = environment;
  if (isData(options.output)) {
    return {
      heading: () => {},
      rows: (rows) => rows.forEach((row) => stdout.write(renderDocument(options.output, row))),
    };
  }
  const times = followedTimes(environment, options);
  const columns = asksForStages(options) ? stageColumns : changeColumns;
  const alike = fitsTerminal(environment, options.output) ? options : {};
  const table = createGrowingTable(environment, columns(times, alike), options.output);
  return {
    heading: () => options.headers && stdout.write(table.heading()),
    rows: (rows) => rows.forEach((row) => stdout.write(`${times.newDay(row)}${table.line(row)}`)),
  };
}

type Shows = (row: AuditRow) => boolean;

/** Reads the latest events that are to be shown, the oldest first. */
async function readLatest(
  reader: PageReader,
  query: URLSearchParams,
  { limit, shows }: { limit: number; shows: Shows },
) {
  const found: AuditRow[] = [];
  const paged = new URLSearchParams([
    ...query,
    ['order', 'newest'],
    ['limit', String(Math.min(limit + 100, pageSize))],
  ]);
  const first = await reader.page(paged);
  let page = first;
  for (let pages = 1; ; pages += 1) {
    found.push(...page.events.filter(shows));
    if (found.length >= limit || page.next == null || pages === mostPages) break;
    paged.set('limit', String(pageSize));
    paged.set('after', page.next);
    page = await reader.page(paged);
  }
  return { first, rows: found.slice(0, limit).toReversed() };
}

/**
 * `sallyport audit tail`: prints the latest requests, then a line for the beginning and one for the end of each new one
 * as the gateway sends it, until interrupted.
 */
export async function auditTail(
  environment: Environment,
  options: TailOptions,
  untilDone: () => boolean = () => false,
): Promise<void> {
  const limit = readLimit(options.limit);
  const gateway = await openGateway(environment, options);
  const filters = auditQuery(options, environment);
  const stages = asksForStages(options);
  const { user, sessionId } = requireCredential(gateway);
  const reader = createPageReader(gateway, omitsRoutine(options));
  // The calls of this command are events too.
  const shows: Shows = (row) =>
    reader.shows(row) &&
    !isAuditQueryOf(row, sessionId) &&
    (stages || (stageOf(row) !== 'ResponseStarted' && !isOfStream(row)));
  const view = new URLSearchParams(filters);
  if (!stages) view.set('view', 'requests');
  const { first, rows } = await readLatest(reader, view, { limit, shows });
  const note = scopeNote(first, user, options.user);
  if (note !== undefined) environment.stderr.write(note);
  const printer = createPrinter(environment, options);
  printer.heading();
  printer.rows(rows);
  if (rows.length === 0 && environment.stderr.isTTY)
    environment.stderr.write('Waiting for events. To stop, press Ctrl-C.\n');
  const followed = new URLSearchParams([...filters, ...Object.entries(reader.parameters())]);
  await followTrail(gateway, followed, {
    after: first.latest ?? undefined,
    // An exec that is refused over WebSocket and tried again over SPDY is one: the first attempt was shown.
    print: (row) => printer.rows([row].filter((one) => shows(one) && (stages || one.retryOf == null))),
    untilDone,
  });
}
