import { scopeNote } from '../trail/search-trail.ts';
import type { Environment } from '../../environment/environment.ts';
import { requireCredential } from '../../gateway/open-gateway.ts';
import { render } from '../../terminal/output.ts';
import { renderTable, type Column } from '../../terminal/render-table.ts';
import { toCsv, toMarkdown } from './report-tables.ts';

/** The formats of a report. */
export type ReportFormat = 'text' | 'csv' | 'markdown' | 'json' | 'yaml';

/** How long the gateway may take for the counts of a long time, in milliseconds. */
export const reportTimeoutMs = 40_000;

type Reported<Row> = {
  /** The answer of the gateway, which JSON and YAML show. */
  report: Omit<Parameters<typeof scopeNote>[0], 'events'>;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** The columns of CSV and Markdown, if they are others. */
  allColumns?: readonly Column<Row>[];
};

/** Writes a report in the chosen format. Says on standard error if it is not about everything that there is. */
export async function writeReport<Row>(
  environment: Environment,
  gateway: Parameters<typeof requireCredential>[0],
  { report, rows, columns, allColumns = columns }: Reported<Row>,
  { output, headers, user }: { output: ReportFormat; headers: boolean; user?: string },
): Promise<void> {
  const { stdout, stderr } = environment;
  const note =
    report.scope === 'all' ? undefined : scopeNote({ ...report, events: [] }, requireCredential(gateway).user, user);
  if (note !== undefined) stderr.write(note);
  if (output === 'csv' || output === 'markdown') {
    stdout.write((output === 'csv' ? toCsv : toMarkdown)(allColumns, rows, headers));
    return;
  }
  const table = () =>
    rows.length === 0 ? '' : renderTable(environment, { rows, columns }, { output: 'text', headers });
  stdout.write(await render(output, report, table));
}
