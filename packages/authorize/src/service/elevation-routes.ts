import type { Logger } from '@sallyport/kit';
import { createAnswerCandidates } from '../elevations/calls/answer-candidates.ts';
import { createAnswerElevations } from '../elevations/calls/answer-elevations.ts';
import { createAnswerPreview } from '../elevations/calls/answer-preview.ts';
import type { AskerDeps } from '../elevations/calls/find-asker.ts';
import type { Elevations } from '../elevations/keeper/create-elevations.ts';
import { createCallRoute, type Routes } from '../http/routes.ts';

const maxBodyBytes = 16 * 1024;
const maxCheckBytes = 512 * 1024;

/** Creates the route about elevations; none without elevations. */
export function createElevationRoutes(
  elevations: Elevations | undefined,
  given: Omit<AskerDeps, 'people'> & { logger: Logger },
): Routes {
  if (!elevations) return {};
  const { store, keeper, channels, held, people } = elevations;
  const deps = { ...given, people };
  const answer = createAnswerElevations({ ...deps, store, keeper, channels });
  return {
    '/v1/elevations': createCallRoute(maxBodyBytes, answer),
    '/v1/elevation-candidates': createCallRoute(maxCheckBytes, createAnswerCandidates({ ...deps, held })),
    '/v1/elevation-preview': createCallRoute(maxCheckBytes, createAnswerPreview({ ...deps, held })),
  };
}
