import { ApiError } from '../api-error.ts';
import type { Call, Cluster } from '../call.ts';
import { findContainer } from './find-container.ts';

/** Refuses what needs a process behind it, and says so. */
export function refuseStream(cluster: Cluster, call: Call): void {
  findContainer(cluster, call);
  throw new ApiError(
    501,
    'NotImplemented',
    `this is a practice cluster: nothing runs in its pods, so it offers no ${call.info.subresource}; exec and logs work with canned answers`,
  );
}
