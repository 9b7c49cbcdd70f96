import type { OwnedStreamRow } from '@sallyport/contracts';

const kept = 1000;

/** The latest streams that have ended, newest first: the last 1,000, for whoever asks why theirs did. */
export function createEndedStreams(): { add(row: OwnedStreamRow): void; rows(): OwnedStreamRow[] } {
  const ring: OwnedStreamRow[] = [];
  let next = 0;
  return {
    add(row) {
      ring[next] = row;
      next = (next + 1) % kept;
    },
    rows: () => [...ring.slice(0, next).toReversed(), ...ring.slice(next).toReversed()],
  };
}
