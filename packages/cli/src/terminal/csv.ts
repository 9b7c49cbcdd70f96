import { forTerminal } from './for-terminal.ts';

/** Shows control characters as escapes. A spreadsheet would run a cell that begins with one of these as a formula. */
function csvCell(text: string): string {
  const shown = forTerminal(text);
  const safe = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Returns rows as CSV (RFC 4180), with line feeds. The heading has the names of the columns in lower case. */
export function renderCsv<Row>(
  columns: readonly { name: string; cell(row: Row): string }[],
  rows: readonly Row[],
  headers: boolean,
): string {
  return [
    ...(headers ? [columns.map(({ name }) => name.toLowerCase())] : []),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ]
    .map((cells) => `${cells.map(csvCell).join(',')}\n`)
    .join('');
}
