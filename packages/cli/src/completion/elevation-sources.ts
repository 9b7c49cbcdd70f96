import { readAnswer } from '../gateway/answers.ts';
import { elevationListSchema, elevationOptionsSchema, type ElevationRow } from '../gateway/elevation-answers.ts';
import { readableSpan } from '../terminal/readable-span.ts';
import type { Candidate } from './candidate.ts';
import type { ValueSource } from './complete-words.ts';
import type { Place } from './read-words.ts';

/** Asks the gateway for a path of its API. */
export type AskFor = (place: Place, path: string) => Promise<unknown>;

/** What can be completed about elevations. */
export type ElevationSources = {
  /** The names that the user may ask for, on the cluster that the line names. */
  names: ValueSource;
  /** The clusters where the user may ask for the elevation that the line names. */
  clusters: ValueSource;
  namespaces: ValueSource;
  /** The ids of elevations with which the user may do what the line begins with. */
  ids: ValueSource;
  /** The ids and names by which requests are found in the trail. */
  used: ValueSource;
};

/** What each step is for, if it is not the open ones. */
const queries: Record<string, string | undefined> = { show: '?all=true', review: '?toReview=true' };

const describe = ({ name, user, cluster, state }: ElevationRow): string => `${name} of ${user} on ${cluster}, ${state}`;

/** Creates the sources. */
export function createElevationSources(ask: AskFor): ElevationSources {
  const options = async (place: Place) =>
    readAnswer(elevationOptionsSchema, await ask(place, 'elevations/options'), 'what you may ask for').options;
  const list = async (place: Place, path: string) =>
    readAnswer(elevationListSchema, await ask(place, path), 'the elevations').elevations;
  /** Returns the places of the elevation that the line names, or of all. */
  const placesOf = async (place: Place) =>
    (await options(place)).filter(({ name }) => (place.operands[0] ?? name) === name).flatMap(({ places }) => places);

  return {
    async names(place) {
      const cluster = place.given.get('--cluster');
      const known = await options(place);
      return known
        .filter(({ places }) => cluster === undefined || places.some((one) => one.cluster === cluster))
        .map(({ name, groups, maxDurationMs, approvalsNeeded }): Candidate => {
          const approval = approvalsNeeded === 0 ? 'no approval' : `${approvalsNeeded} to approve`;
          return { value: name, about: `${groups.join(', ')} for up to ${readableSpan(maxDurationMs)}, ${approval}` };
        });
    },
    async clusters(place) {
      const names = new Set((await placesOf(place)).map(({ cluster }) => cluster));
      return [...names].map((value) => ({ value }));
    },
    async namespaces(place) {
      const cluster = place.given.get('--cluster');
      const places = (await placesOf(place)).filter((one) => (cluster ?? one.cluster) === one.cluster);
      const names = new Set(places.flatMap(({ namespaces = [] }) => namespaces));
      // A request names one namespace, so a pattern is not a value.
      return [...names].filter((name) => !name.includes('*')).map((value) => ({ value }));
    },
    async ids(place) {
      const step = place.command.name();
      const found = await list(place, `elevations${queries[step] ?? ''}`);
      return found
        .filter(({ may }) => step === 'show' || may.includes(step))
        .map((one): Candidate => ({ value: one.id, about: describe(one) }));
    },
    async used(place) {
      const found = await list(place, 'elevations?all=true');
      const names = new Set(found.map(({ name }) => name));
      return [
        ...found.map((one) => ({ value: one.id, about: describe(one) })),
        ...[...names].map((value) => ({ value })),
      ];
    },
  };
}
