import type { AuditReport } from '../../gateway/audit-answers.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import type { Column } from '../../terminal/render-table.ts';

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

type Table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], headers: boolean) => string;

/** Shows control characters as escapes. A spreadsheet would run a cell that begins with one of these as a formula. */
const csvCell = (text: string): string => {
  const shown = forTerminal(text);
  const safe = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Returns rows as CSV (RFC 4180), with line feeds. */
export const toCsv: Table = (columns, rows, headers) =>
  [
    ...(headers ? [columns.map(({ name }) => name.toLowerCase())] : []),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ]
    .map((cells) => `${cells.map(csvCell).join(',')}\n`)
    .join('');

/** Shows a name as it is: it comes from a client, and must be neither markup nor another cell. */
const markdownCell = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#!|~&]/g, (character) => `\\${character}`);

/** Returns rows as a table in Markdown (GFM). */
export const toMarkdown: Table = (columns, rows, headers) => {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const heading = [line(columns.map(({ name }) => name.toLowerCase())), line(columns.map(() => '---'))];
  return [
    ...(headers ? heading : []),
    ...rows.map((row) => line(columns.map(({ cell }) => markdownCell(cell(row))))),
  ].join('');
};
