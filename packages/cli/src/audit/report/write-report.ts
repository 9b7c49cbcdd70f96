import type { AuditReport } from '@sallyport/contracts/answers';
import { scopeNote } from '../trail/search-trail.ts';
import type { Environment } from '../../environment/environment.ts';
import { requireCredential } from '../../gateway/open-gateway.ts';
import { writeResult } from '../../terminal/output.ts';
import { renderTable, type Column } from '../../terminal/table.ts';
import { renderCsv } from '../../terminal/csv.ts';

type ReportRow = AuditReport['rows'][number];

const counted: Column<ReportRow>[] = [
  { name: 'REQUESTS', cell: ({ requests }) => String(requests) },
  { name: 'REFUSED', cell: ({ refused }) => String(refused) },
  { name: 'FAILED', cell: ({ failed }) => String(failed) },
  { name: 'FIRST', cell: ({ first }) => first.replace(/\.\d+Z$/, 'Z') },
  { name: 'LAST', cell: ({ last }) => last.replace(/\.\d+Z$/, 'Z') },
];

/** Returns the columns of a report: what it counts by, and the counts. */
export function reportColumns(by: readonly string[]): Column<ReportRow>[] {
  return [
    ...by.map((name): Column<ReportRow> => ({
      name: name.toUpperCase(),
      cell: (row) => {
        const value = row[name];
        return typeof value === 'string' ? value : '';
      },
      shrinks: true,
    })),
    ...counted,
  ];
}

/** Shows a name as it is: it comes from a client, and must be neither markup nor another cell. */
const markdownCell = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#!|~&]/g, (character) => `\\${character}`);

/** Returns rows as a table in Markdown (GFM). */
function toMarkdown<Row>(columns: readonly Column<Row>[], rows: readonly Row[], headers: boolean): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const heading = [line(columns.map(({ name }) => name.toLowerCase())), line(columns.map(() => '---'))];
  return [
    ...(headers ? heading : []),
    ...rows.map((row) => line(columns.map(({ cell }) => markdownCell(cell(row))))),
  ].join('');
}

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
    stdout.write((output === 'csv' ? renderCsv : toMarkdown)(allColumns, rows, headers));
    return;
  }
  const table = () =>
    rows.length === 0 ? '' : renderTable(environment, { rows, columns }, { output: 'text', headers });
  await writeResult({ stdout }, output, report, table);
}
