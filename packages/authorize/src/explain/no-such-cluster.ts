import { ProblemError } from '@sallyport/kit';

/** Returns the same answer for a cluster that does not exist and for one that the caller has no rules on. */
export const noSuchCluster = (name: string): ProblemError =>
  new ProblemError(
    'not-found',
    `There is no cluster ${JSON.stringify(name.slice(0, 63))} here, or none of its rules about this request applies to you. "sallyport clusters" lists the clusters.`,
  );
