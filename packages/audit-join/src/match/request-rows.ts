import { createGrowingColumn } from './growing-column.ts';
import { createIdTable } from './id-table.ts';
import { createNames } from './create-names.ts';

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
