import { ProblemError } from '@sallyport/kit';

/** The one answer for a cluster that is not there and for one that is not the caller's. */
export const noSuchCluster = (name: string): ProblemError =>
  new ProblemError(
    'not-found',
    `There is no cluster ${JSON.stringify(name.slice(0, 63))} here, or none of its rules for this request is about you. "sallyport clusters" lists the clusters.`,
  );
