import type { OwnedStreamRow } from '@sallyport/contracts';
import { ownerKey } from './owner-key.ts';

const maxRows = 1000;

/**
 * Keeps the latest 1,000 streams that have ended, for users who ask why theirs did. When there are too many, the oldest
 * of the user with the most is dropped, so that no user crowds out the others.
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
      if (rows.length > maxRows) dropOne();
    },
    rows: () => rows.toReversed(),
  };
}
