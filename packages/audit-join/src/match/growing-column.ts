/** Numbers by row, in memory that grows with the table. */
export type GrowingColumn = { get(row: number): number; set(row: number, value: number): void };

/** Creates a column of numbers. Rows that were never set are 0. */
export function createGrowingColumn(kind: 'float64' | 'uint32' | 'uint16'): GrowingColumn {
  const create = (length: number) =>
    kind === 'float64'
      ? new Float64Array(length)
      : kind === 'uint32'
        ? new Uint32Array(length)
        : new Uint16Array(length);
  let values = create(512);
  return {
    get: (row) => (row < values.length ? values[row]! : 0),
    set(row, value) {
      while (row >= values.length) {
        const wider = create(values.length * 2);
        wider.set(values);
        values = wider;
      }
      values[row] = value;
    },
  };
}
