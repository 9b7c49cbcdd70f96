import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

/** The most rows that are drawn at first. */
const mostRows = 200;

/** `lead`: the cell that names the row. `wide`: takes the room that is left. */
export type Column<T> = {
  name: string;
  cell(row: T): ComponentChildren;
  lead?: boolean;
  wide?: boolean;
};

/** A table, which is a list of cards on a narrow screen. */
export function Rows<T>(props: {
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf(row: T): string;
  /** What to say without rows. */
  none: string;
  label: string;
}): JSX.Element {
  const { rows, columns, keyOf, none, label } = props;
  const [isWhole, setWhole] = useState(false);
  if (rows.length === 0) return <p class="quiet">{none}</p>;
  const drawn = isWhole ? rows : rows.slice(0, mostRows);
  const classOf = ({ lead, wide }: Column<T>) => [lead ? 'lead' : '', wide ? 'wide' : ''].join(' ').trim() || undefined;
  return (
    <>
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name === '' ? <span class="unseen">Actions</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {drawn.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)} data-name={column.name}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {drawn.length === rows.length ? null : (
        <button type="button" class="small" onClick={() => setWhole(true)}>
          Show {rows.length - drawn.length} more
        </button>
      )}
    </>
  );
}
