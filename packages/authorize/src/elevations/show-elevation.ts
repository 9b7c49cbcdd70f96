import type { Elevation, ElevationView } from '@sallyport/contracts';
import type { Asker } from './find-asker.ts';
import { viewElevation } from './view-elevation.ts';

/** Returns an elevation as a caller sees it. */
export function showElevation(elevation: Elevation, asker: Asker): ElevationView {
  const reviewGroups = asker.snapshot.elevations.get(elevation.name)?.reviewGroups;
  return viewElevation(elevation, asker.relationTo(elevation), { now: asker.now, reviewGroups });
}
