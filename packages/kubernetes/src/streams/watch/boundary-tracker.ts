/** Tracks the records of a format in a stream of bytes. */
export type BoundaryTracker = {
  readonly atBoundary: boolean;
  /** Adds the next bytes. Returns how many of them (at least one) lead to the first boundary, if there is one. */
  push(bytes: Uint8Array): number | undefined;
  /** Returns an independent copy. */
  copy(): BoundaryTracker;
};
