import type { OwnedStreamRow } from '@sallyport/contracts';
import { ownerKey } from './owner-key.ts';

const kept = 1000;

/**
 * The latest streams that have ended, newest first: 1,000 of them, for people who ask why theirs did. What is too many
 * goes from the person who has most, so that no one pushes out what others ask for.
 */
export function createEndedStreams(): { add(row: OwnedStreamRow): void; rows(): OwnedStreamRow[] } {
  const rows: OwnedStreamRow[] = [];
  const counts = new Map<string, number>();
  const dropOne = () => {
    let [most, largest] = ['', 0];
    for (const [owner, count] of counts) if (count > largest) [most, largest] = [owner, count];
    rows.splice(
      rows.findIndex((row) => ownerKey(row) === most),
      1,
    );
    counts.set(most, largest - 1);
    if (largest === 1) counts.delete(most);
  };
  return {
    add(row) {
      const owner = ownerKey(row);
      rows.push(row);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      if (rows.length > kept) dropOne();
    },
    rows: () => rows.toReversed(),
  };
}
