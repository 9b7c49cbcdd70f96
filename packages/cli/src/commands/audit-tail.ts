import type { AuditRow } from '../gateway/answers.ts';
import { requireCredential, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal, jsonForTerminal } from '../terminal/for-terminal.ts';
import type { Environment } from '../environment/environment.ts';
import { auditQuery, type AuditFilters } from './audit-filters.ts';
import { auditRow, isAuditQueryOf } from './audit-rows.ts';
import { fetchAuditPage, readLimit, scopeNote } from './audit-search.ts';
import type { GatewayOptions } from './command-kit.ts';

const pollMs = 1000;

// The rows of a stream are not known in advance, so its columns have fixed widths.
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

/** Returns undefined while the gateway cannot be reached. Throws if it refuses the query, which ends the tail. */
async function nextPage(gateway: OpenGateway, query: URLSearchParams, state: { unreachable: boolean }) {
  try {
    const page = await fetchAuditPage(gateway, query);
    if (state.unreachable) gateway.environment.stderr.write('The gateway can be reached again.\n');
    state.unreachable = false;
    return page;
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== 'unreachable') throw error;
    if (!state.unreachable) gateway.environment.stderr.write(`${forTerminal(error.message)}. Retrying.\n`);
    state.unreachable = true;
    return undefined;
  }
}

/** `sallyport audit tail`: prints the latest events, then each new one within about a second, until interrupted. */
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
  const { user, sessionId } = requireCredential(gateway);
  const note = scopeNote(first, user, options.user);
  if (note !== undefined) environment.stderr.write(note);
  // Each query of this command is an event too. To print it would cause the next one.
  const show = (rows: readonly AuditRow[]) =>
    print(
      environment,
      rows.filter((row) => !isAuditQueryOf(row, sessionId)),
      json,
    );
  show(first.events.toReversed());
  let after = first.latest ?? undefined;
  const state = { unreachable: false };
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
      state,
    );
    if (page === undefined) continue;
    show(page.events);
    // Matching events that did not fit on the page may come before `latest`.
    after = page.next ?? page.latest ?? after;
  }
}
