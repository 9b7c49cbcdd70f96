import { createTimeSlicer } from '@sallyport/kit';
import { ScimError } from '../errors/scim-error.ts';

/** The work of one PATCH: how much it may do, and when other requests have their turn. */
export type PatchWork = {
  /** Accounts for comparisons, before they are made. Throws a ScimError (413) if the PATCH needs too many. */
  spend(comparisons: number): void;
  /** Resolves once there is time for another step. */
  turn(): Promise<void>;
};

const maxComparisons = 500_000;
const sliceMs = 5;

/** Creates the work of one PATCH, which all of its operations and their repetitions share. */
export function createPatchWork(): PatchWork {
  let left = maxComparisons;
  const { turn } = createTimeSlicer(sliceMs);
  return {
    spend(comparisons) {
      left -= comparisons;
      if (left < 0)
        throw new ScimError(
          413,
          'The operations compare too many values. Send fewer operations in one PATCH, and select a member by its id: members[value eq "id"].',
        );
    },
    turn,
  };
}
