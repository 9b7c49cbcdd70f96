import type { Environment } from '../environment/environment.ts';
import { renderCsv } from './csv.ts';
import { forTerminal } from './for-terminal.ts';
import { fitsTerminal, type OutputFormat, render } from './output.ts';
import { createPaint, type Tone, type Paint } from './paint.ts';

/** The narrowest a column may become: the eight characters that usually are enough of an id, and an ellipsis. */
const narrowest = 9;

/** Where a text is cut that is too long. */
export type CutAt = 'end' | 'middle' | 'start';

/** Returns text that takes up at most `width` columns. `…` stands for what is left out. */
function cutText(text: string, width: number, cut: CutAt): string {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  // What differs is more often in the last part.
  const head = cut === 'end' ? kept : cut === 'start' ? 0 : Math.floor(kept / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (kept - head))}`;
}

/** Returns where to cut the texts of a column so that most of them differ, and how many then do. */
function bestCut(texts: readonly string[], width: number, cuts: readonly CutAt[]): { cut: CutAt; different: number } {
  const all = cuts.map((cut) => ({ cut, different: new Set(texts.map((text) => cutText(text, width, cut))).size }));
  return all.reduce((best, one) => (one.different > best.different ? one : best));
}

/** Returns the least width in which the texts of a column differ as they do in full. */
function leastWidth(texts: readonly string[], widest: number, cuts: readonly CutAt[]): number {
  const different = new Set(texts).size;
  let [low, high] = [narrowest, widest];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (bestCut(texts, middle, cuts).different === different) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Returns the widths of columns that fit into `available`. Only columns with a `least` width become narrower, the widest
 * first: to the least width, and then, if that is not enough, further. Names and ids are left whole, because the reader
 * wants to copy them.
 */
function fitColumns(
  widths: readonly number[],
  least: (column: number) => number | undefined,
  available: number | undefined,
): number[] {
  const fitted = [...widths];
  if (available === undefined || available <= 0) return fitted;
  let excess = fitted.reduce((sum, width) => sum + width, 2 * (fitted.length - 1)) - available;
  if (excess <= 0) return fitted;
  const limits = fitted.map((_width, column) => least(column));
  for (const limitOf of [(limit: number) => Math.max(limit, narrowest), () => narrowest])
    while (excess > 0) {
      const widest = fitted.reduce<number | undefined>((best, width, column) => {
        const limit = limits[column];
        if (limit === undefined || width <= limitOf(limit)) return best;
        return best === undefined || width > fitted[best]! ? column : best;
      }, undefined);
      if (widest === undefined) break;
      fitted[widest]! -= 1;
      excess -= 1;
    }
  return fitted;
}

type Cell = { text: string; tone: Tone | undefined };

/** Renders one line of a table. A cell that is too long and is not cut moves the ones after it. */
function renderRow(
  cells: readonly Cell[],
  widths: readonly number[],
  { paint, cutOf }: { paint: Paint; cutOf(column: number): CutAt | undefined },
): string {
  const last = cells.findLastIndex(({ text }) => text !== '');
  const line = cells.slice(0, last + 1).map(({ text, tone }, index) => {
    const cut = cutOf(index);
    const shown = cut === undefined ? text : cutText(text, widths[index]!, cut);
    return paint(shown, tone) + (index === last ? '' : ' '.repeat(Math.max(0, widths[index]! - shown.length)));
  });
  return `${line.join('  ')}\n`;
}

/** A column of a table. */
export type Column<Row> = {
  name: string;
  cell(row: Row): string;
  /** The color of the cell, which repeats what the text says. */
  tone?(row: Row): Tone | undefined;
  /** Only shown with `-o wide`. */
  wide?: true;
  /**
   * May be cut on a narrow terminal: at its end, as ids are, or where its texts differ least. Of places that are equally
   * good, the first is used.
   */
  shrinks?: true | readonly [CutAt, ...CutAt[]];
};

export type ListOptions = { output: OutputFormat; headers: boolean };

/** Returns the cells of a row, safe for a terminal. */
function cellsOf<Row>(columns: readonly Column<Row>[], row: Row): Cell[] {
  return columns.map(({ cell, tone }) => ({ text: forTerminal(cell(row)), tone: tone?.(row) }));
}

function headingOf<Row>(columns: readonly Column<Row>[]): Cell[] {
  return columns.map(({ name }) => ({ text: name, tone: undefined }));
}

const cutsOf = <Row>({ shrinks }: Column<Row>): readonly [CutAt, ...CutAt[]] =>
  shrinks === undefined || shrinks === true ? ['end'] : shrinks;

/** Renders rows as a table. On a terminal, it is colored and fits its width, unless all of it was asked for. */
export function renderTable<Row>(
  environment: Environment,
  list: { rows: readonly Row[]; columns: readonly Column<Row>[] },
  { output, headers }: ListOptions,
): string {
  const columns = list.columns.filter(({ wide }) => wide !== true || output === 'wide');
  const rows = list.rows.map((row) => cellsOf(columns, row));
  const all = [...(headers ? [headingOf(columns)] : []), ...rows];
  const full = columns.map((_column, index) => Math.max(...all.map((row) => row[index]!.text.length)));
  const textsOf = (index: number) => rows.map((row) => row[index]!.text);
  const widths = fitColumns(
    full,
    (index) => {
      const { shrinks } = columns[index]!;
      if (shrinks === undefined) return undefined;
      return shrinks === true ? narrowest : leastWidth(textsOf(index), full[index]!, shrinks);
    },
    fitsTerminal(environment, output) ? environment.stdout.columns : undefined,
  );
  const cuts = columns.map((column, index) =>
    widths[index]! < full[index]! ? bestCut(textsOf(index), widths[index]!, cutsOf(column)).cut : undefined,
  );
  const paint = createPaint(environment);
  return all.map((row) => renderRow(row, widths, { paint, cutOf: (index) => cuts[index] })).join('');
}

/** Formats rows as columns under a heading, and makes the cells safe for a terminal. Ends with a newline. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows.map((row) => row.map((cell) => forTerminal(cell)))];
  const widths = heading.map((_name, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** A column with the width that its cells usually need. One of the columns gets the rest of the terminal. */
export type GrowingColumn<Row> = Column<Row> & { width: number; grows?: true };

type GrowingTable<Row> = { heading(): string; line(row: Row): string };

/**
 * Creates a table whose rows are not known in advance, so that its columns have fixed widths. On a terminal, every row
 * fits its width, also after the window changes its size.
 */
export function createGrowingTable<Row>(
  environment: Environment,
  all: readonly GrowingColumn<Row>[],
  output: OutputFormat,
): GrowingTable<Row> {
  const columns = all.filter(({ wide }) => wide !== true || output === 'wide');
  const paint = createPaint(environment);
  const { stdout } = environment;
  const fits = () => fitsTerminal(environment, output) && (stdout.columns ?? 0) > 0;
  const widths = () => {
    const usual = columns.map(({ width }) => width);
    if (!fits()) return usual;
    const rest = stdout.columns! - usual.reduce((sum, width) => sum + width + 2, -2);
    const grown = columns.map(({ width, grows }) => (grows === true && rest > 0 ? width + rest : width));
    // None becomes very narrow while another has room, because it is not known which of them tells rows apart.
    const least = ({ shrinks, width }: GrowingColumn<Row>) =>
      shrinks === undefined ? undefined : Math.ceil((width * 2) / 3);
    return fitColumns(grown, (index) => least(columns[index]!), stdout.columns);
  };
  const cutOf = (index: number) =>
    fits() && columns[index]!.shrinks !== undefined ? cutsOf(columns[index]!)[0] : undefined;
  return {
    heading: () => renderRow(headingOf(columns), widths(), { paint, cutOf }),
    line: (row) => renderRow(cellsOf(columns, row), widths(), { paint, cutOf }),
  };
}

type List<Row> = {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  /** The name of a row that other commands accept, for `-o name`. */
  name?(row: Row): string;
  /** The complete result, for `-o json` and `-o yaml`. */
  data: unknown;
  /** What to say instead of an empty table. */
  none: string;
};

/** Writes a list in the given format. That it is empty is said on standard error, as by kubectl. */
export async function writeList<Row>(environment: Environment, list: List<Row>, options: ListOptions): Promise<void> {
  const { rows, data, name, none } = list;
  environment.stdout.write(
    await render(options.output, data, () => {
      if (options.output === 'csv') return renderCsv(list.columns, rows, options.headers);
      if (options.output === 'name') return rows.map((row) => `${forTerminal(name?.(row) ?? '')}\n`).join('');
      return rows.length === 0 ? '' : renderTable(environment, list, options);
    }),
  );
  if (rows.length === 0 && (options.output === 'text' || options.output === 'wide')) environment.stderr.write(none);
}

/** Formats facts for a terminal, one per line behind its label. Leaves out those that are not known. */
export function renderFacts(facts: readonly (readonly (string | null | undefined)[])[], labelWidth = 11): string {
  return facts
    .filter(([, value]) => value != null)
    .map(([label, value]) => `${`${label}:`.padEnd(labelWidth)}${forTerminal(value!)}\n`)
    .join('');
}
