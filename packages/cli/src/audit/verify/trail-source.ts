import type { AbsentPeriod, Verifier } from '@sallyport/audit-proof';

/** What reading a trail showed besides its events. */
export type ReadTrail = {
  /** The time from which on all sources are there, if some begin later than others. */
  since?: string;
  /** Why the trail begins there, as the beginning of a sentence. */
  because?: string;
  /** Periods after that whose events were deleted as they should be. */
  absent?: readonly AbsentPeriod[];
  /** Why the source cannot be verified, because it does not contain all events. */
  filtered?: string;
};

/** Reads a trail into a verifier. Calls `onRead` with the number of events of each batch. */
export type TrailSource = (verifier: Verifier, onRead: (count: number) => void) => Promise<ReadTrail>;
