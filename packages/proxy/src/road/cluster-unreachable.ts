import { ProblemError } from '@sallyport/kit';

/**
 * Returns the problem of a cluster that gives no response. The text of the cause is not part of it: it may name addresses
 * and certificates, which are for the operator and appear in the log.
 */
export function clusterUnreachable(cause?: unknown): ProblemError {
  return new ProblemError(
    'upstream-unreachable',
    'The gateway cannot reach the cluster, or the cluster closed the connection before it responded.',
    { cause },
  );
}
