import { ApiError } from '../http/api-error.ts';
import type { Call, Cluster } from '../http/call.ts';
import { findContainer } from './find-container.ts';

/** Refuses streams that need a real process in the pod. */
export function refuseStream(cluster: Cluster, call: Call): void {
  findContainer(cluster, call);
  throw new ApiError(
    501,
    'NotImplemented',
    `this is a practice cluster: nothing runs in its pods, so ${call.info.subresource} is not available. exec and logs return simulated output`,
  );
}
