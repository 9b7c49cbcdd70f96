import type { Row } from '../store/sql-database.ts';

/** How far a head moves. `waits` says that the next event is not there, but a later one is. */
export type HeadMove = {
  producer: string;
  head: number;
  seq: number;
  hash: string;
  waits: boolean;
  /** There may be more events than were read. */
  isFull: boolean;
};

/** Follows the chain of each producer from its head, through events that are ordered by producer and number. */
export function walkChains(rows: readonly Row[], step: number): HeadMove[] {
  const moves = new Map<string, HeadMove & { read: number }>();
  for (const row of rows) {
    const [producer, head, seq] = [String(row.producer), Number(row.head), Number(row.seq)];
    let move = moves.get(producer);
    if (!move) {
      move = { producer, head, seq: head, hash: String(row.head_hash), waits: false, isFull: false, read: 0 };
      moves.set(producer, move);
    }
    move.read += 1;
    // An event may be stored twice: its place is kept when its content is aggregated.
    if (move.waits || seq <= move.seq) continue;
    if (seq === move.seq + 1 && String(row.prev_hash) === move.hash) [move.seq, move.hash] = [seq, String(row.hash)];
    else move.waits = true;
  }
  return [...moves.values()].map(({ read, ...move }) => ({ ...move, isFull: read === step && !move.waits }));
}
