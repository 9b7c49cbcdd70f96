import type { AuditRow } from '../gateway/answers.ts';
import { needCredential, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal, jsonForTerminal } from '../terminal/for-terminal.ts';
import type { Environment } from '../environment/environment.ts';
import { auditQuery, type AuditFilters } from './audit-filters.ts';
import { auditRow, isAuditQueryOf } from './audit-rows.ts';
import { fetchAuditPage, readLimit, scopeNote } from './audit-search.ts';
import type { GatewayOptions } from './command-kit.ts';

const pollMs = 1000;

// A table cannot be laid out before its rows are known; fixed widths keep a stream readable.
const widths = [27, 22, 12, 8, 44, 6, 4, 0];

function print(environment: Environment, rows: readonly AuditRow[], json: boolean): void {
  for (const row of rows) {
    environment.stdout.write(
      json
        ? `${jsonForTerminal(row)}\n`
        : `${auditRow(row)
            .map((cell, column) => forTerminal(cell).padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
    );
  }
}

/** Asks once more for as long as the gateway is merely away; what it refuses ends the tail. */
async function nextPage(gateway: OpenGateway, query: URLSearchParams, told: { away: boolean }) {
  try {
    const page = await fetchAuditPage(gateway, query);
    if (told.away) gateway.environment.stderr.write('The gateway is back.\n');
    told.away = false;
    return page;
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== 'unreachable') throw error;
    if (!told.away) gateway.environment.stderr.write(`${forTerminal(error.message)}; trying on.\n`);
    told.away = true;
    return undefined;
  }
}

/** `sallyport audit tail`: the last few events, then each new one within about a second, until interrupted. */
export async function auditTail(
  environment: Environment,
  options: GatewayOptions & AuditFilters & { limit: string },
  untilDone: () => boolean = () => false,
): Promise<void> {
  const limit = readLimit(options.limit);
  const gateway = openGateway(environment, options.gateway);
  const filters = auditQuery(options, environment.now());
  const json = options.output === 'json';
  const first = await fetchAuditPage(
    gateway,
    new URLSearchParams([...filters, ['order', 'newest'], ['limit', String(Math.min(limit, 1000))]]),
  );
  const { user, sessionId } = needCredential(gateway);
  const note = scopeNote(first, user, options.user);
  if (note !== undefined) environment.stderr.write(note);
  // Each of our own queries is an event too: shown, it would call forth the next.
  const show = (rows: readonly AuditRow[]) =>
    print(
      environment,
      rows.filter((row) => !isAuditQueryOf(row, sessionId)),
      json,
    );
  show(first.events.toReversed());
  let after = first.latest ?? undefined;
  const told = { away: false };
  while (!untilDone()) {
    await environment.sleep(pollMs);
    const page = await nextPage(
      gateway,
      new URLSearchParams([
        ...filters,
        ['order', 'oldest'],
        ['limit', '1000'],
        ...(after === undefined ? [] : [['after', after] as [string, string]]),
      ]),
      told,
    );
    if (page === undefined) continue;
    show(page.events);
    // `latest` may lie behind events of this filter that did not fit on the page.
    after = page.next ?? page.latest ?? after;
  }
}
