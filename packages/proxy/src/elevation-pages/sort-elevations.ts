import type { ElevationView } from '@sallyport/contracts';

/**
 * Whether the reader is asked for an approval, at once or after another login. Someone who may only deny is not asked.
 */
const waitsForReader = ({ state, mine, may, freshLogin }: ElevationView) =>
  state === 'pending' && !mine && (may.includes('approve') || freshLogin !== undefined);

const isOver = ({ state }: ElevationView) => state !== 'pending' && state !== 'approved' && state !== 'active';

/** Whether the reader is asked for a review, at once or after another login. */
const waitsForReview = (one: ElevationView) =>
  one.may.includes('review') || (!one.mine && isOver(one) && one.freshLogin !== undefined);

type Sorted = Record<'toDecide' | 'toReview' | 'own' | 'others', ElevationView[]>;

/** Sorts elevations by what they are to their reader. What is to be reviewed is sorted by when that is due. */
export function sortElevations(all: readonly ElevationView[]): Sorted {
  const due = ({ review }: ElevationView) => review?.dueAt ?? Infinity;
  return {
    toDecide: all.filter(waitsForReader),
    toReview: all.filter(waitsForReview).toSorted((a, b) => due(a) - due(b)),
    own: all.filter(({ mine }) => mine),
    others: all.filter((one) => !one.mine && !waitsForReader(one) && !waitsForReview(one)),
  };
}
