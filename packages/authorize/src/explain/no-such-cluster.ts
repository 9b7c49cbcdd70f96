import { noSuchCluster as detailOf } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** Returns the same answer for a cluster that does not exist and for one of which the caller must not know. */
export const noSuchCluster = (name: string): ProblemError => new ProblemError('not-found', detailOf(name));
