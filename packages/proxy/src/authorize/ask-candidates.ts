import { elevationCandidatesSchema, type Check, type ElevationCandidates } from '@sallyport/contracts';
import type { ServiceClient } from '@sallyport/kit';

const timeoutMs = 1000;

/** Creates what asks authorize which elevations could help with a request that a cluster has refused. */
export function createAskCandidates({
  authorize,
}: {
  authorize: Pick<ServiceClient, 'request'>;
}): (check: Check) => Promise<ElevationCandidates> {
  return async (check) => {
    const { body } = await authorize.request({
      method: 'POST',
      path: '/v1/elevation-candidates',
      body: { check },
      timeoutMs,
    });
    return elevationCandidatesSchema.parse(body);
  };
}
