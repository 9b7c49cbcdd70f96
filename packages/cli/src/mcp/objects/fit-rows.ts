import { table } from '../../terminal/table.ts';
import { neutralizeLine } from '../text/untrusted-text.ts';

const maxCellLength = 300;

/** Renders as many rows as fit into a number of bytes, but at least one. Returns the rows that did not fit, too. */
export function fitRows(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  maxBytes: number,
): { text: string; left: readonly (readonly string[])[] } {
  const heading = columns.map((name) => neutralizeLine(name, maxCellLength).toUpperCase());
  const safe = rows.map((row) => row.map((cell) => neutralizeLine(cell, maxCellLength)));
  const render = (count: number) => table(heading, safe.slice(0, count));
  const fits = (count: number) => Buffer.byteLength(render(count)) <= maxBytes;
  let [low, high] = [Math.min(1, rows.length), rows.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return { text: render(low), left: rows.slice(low) };
}
