/** Follows the records of one format through bytes as they come. */
export type BoundaryTracker = {
  readonly atBoundary: boolean;
  /** Takes the next bytes; how many of them lead to the first boundary behind at least one of them, if one is there. */
  push(bytes: Uint8Array): number | undefined;
  /** One that goes on from here by itself. */
  copy(): BoundaryTracker;
};
