import { cutText } from './fit-columns.ts';
import type { Paint, Tone } from './paint.ts';

export type Cell = { text: string; tone: Tone | undefined };

/** Renders one line of a table. A cell that is too long and is not cut moves the ones after it. */
export function renderRow(
  cells: readonly Cell[],
  widths: readonly number[],
  { paint, cuts }: { paint: Paint; cuts(column: number): boolean },
): string {
  const last = cells.findLastIndex(({ text }) => text !== '');
  const line = cells.slice(0, last + 1).map(({ text, tone }, index) => {
    const shown = cuts(index) ? cutText(text, widths[index]!) : text;
    return paint(shown, tone) + (index === last ? '' : ' '.repeat(Math.max(0, widths[index]! - shown.length)));
  });
  return `${line.join('  ')}\n`;
}
