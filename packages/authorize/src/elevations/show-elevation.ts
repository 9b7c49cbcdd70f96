import type { Elevation, ElevationView } from '@sallyport/contracts';
import { tighten } from '@sallyport/elevation';
import type { Asker } from './find-asker.ts';
import { viewElevation } from './view-elevation.ts';

/** Returns an elevation as a caller sees it, under the entry that it has now. */
export function showElevation(elevation: Elevation, asker: Asker): ElevationView {
  const rules = asker.snapshot.elevations.get(elevation.name);
  const about = { now: asker.now, reviewGroups: rules?.reviewGroups };
  return viewElevation(tighten(elevation, rules?.terms), asker.relationTo(elevation), about);
}
