import { createIdTable } from './id-table.ts';

/** Numbers by row, in memory that grows with the table. */
type GrowingColumn = { get(row: number): number; set(row: number, value: number): void };

/** Creates a column of numbers. Rows that were never set are 0. */
function createGrowingColumn(kind: 'float64' | 'uint32' | 'uint16'): GrowingColumn {
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

/** Numbers for texts that repeat. */
type Names = { numberOf(name: string): number; nameOf(number: number): string };

/** Creates the numbering. Beyond `max` different texts, all further ones are number 0, whose name is `…`. */
function createNames(max = 1_000_000): Names {
  const names = ['…'];
  const numbers = new Map<string, number>();
  return {
    numberOf(name) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      if (names.length > max) return 0;
      numbers.set(name, names.length);
      return names.push(name) - 1;
    },
    nameOf: (number) => names[number] ?? '…',
  };
}

/** What is kept of a request, as bits. */
export const mark = {
  /** The gateway has an event of it. Without this mark, only the cluster has one. */
  ours: 1,
  own: 2,
  refused: 4,
  answered: 8,
  changes: 32,
  /** The cluster's log has it. */
  seen: 64,
  /** A finding about it was made. */
  found: 128,
  repeated: 256,
  /** The audit policy of the cluster records it. */
  logged: 512,
  denied: 1024,
} as const;

/** Requests by their audit ID, in 75 to 165 bytes each, as the columns grow. Times are microseconds since the epoch. */
export type RequestRows = ReturnType<typeof createRequestRows>;

/** Creates an empty table of requests. */
export function createRequestRows() {
  const marks = createGrowingColumn('uint16');
  return {
    ids: createIdTable(),
    received: createGrowingColumn('float64'),
    /** The latest event of the gateway about it. */
    ended: createGrowingColumn('float64'),
    /** When the API server received it. */
    arrived: createGrowingColumn('float64'),
    identity: createGrowingColumn('float64'),
    path: createGrowingColumn('float64'),
    user: createGrowingColumn('uint32'),
    kind: createGrowingColumn('uint32'),
    names: createNames(),
    has: (row: number, bit: number) => (marks.get(row) & bit) !== 0,
    mark: (row: number, bits: number) => marks.set(row, marks.get(row) | bits),
  };
}
