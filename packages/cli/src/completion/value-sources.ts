import {
  clustersSchema,
  sessionsSchema,
  streamListSchema,
  agentsSchema,
  elevationListSchema,
  elevationOptionsSchema,
  recordingListSchema,
  type ElevationView,
} from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { listLogins } from '../home/known-gateways.ts';
import { kubeconfigFiles, kubectlContexts } from '../kubectl/read-kubeconfigs.ts';
import { readableTime, readableSpan } from '../terminal/times.ts';
import type { Candidate, FindSource, ValueSource } from './complete-words.ts';
import type { Place } from './read-words.ts';

/** Asks the gateway for a path of its API. */
type AskFor = (place: Place, path: string) => Promise<unknown>;

/** What each step is for, if it is not the open ones. */
const queries: Record<string, string | undefined> = { show: '?all=true', review: '?toReview=true' };

const describe = ({ name, user, cluster, state }: ElevationView): string =>
  `${name} of ${user} on ${cluster}, ${state}`;

function createElevationSources(ask: AskFor) {
  const options = async (place: Place) =>
    readAnswer(elevationOptionsSchema, await ask(place, 'elevations/options'), 'what you may ask for').options;
  const list = async (place: Place, path: string) =>
    readAnswer(elevationListSchema, await ask(place, path), 'the elevations').elevations;
  /** Returns the places of the elevation that the line names, or of all. */
  const placesOf = async (place: Place) =>
    (await options(place)).filter(({ name }) => (place.operands[0] ?? name) === name).flatMap(({ places }) => places);

  return {
    /** The names that the user may ask for, on the cluster that the line names. */
    async names(place: Place) {
      const cluster = place.given.get('--cluster');
      const known = await options(place);
      return known
        .filter(({ places }) => cluster === undefined || places.some((one) => one.cluster === cluster))
        .map(({ name, groups, maxDurationMs, approvalsNeeded }): Candidate => {
          const approval = approvalsNeeded === 0 ? 'no approval' : `${approvalsNeeded} to approve`;
          return { value: name, about: `${groups.join(', ')} for up to ${readableSpan(maxDurationMs)}, ${approval}` };
        });
    },
    /** The clusters where the user may ask for the elevation that the line names. */
    async clusters(place: Place) {
      const names = new Set((await placesOf(place)).map(({ cluster }) => cluster));
      return [...names].map((value) => ({ value }));
    },
    async namespaces(place: Place) {
      const cluster = place.given.get('--cluster');
      const places = (await placesOf(place)).filter((one) => (cluster ?? one.cluster) === one.cluster);
      const names = new Set(places.flatMap(({ namespaces = [] }) => namespaces));
      // A request names one namespace, so a pattern is not a value.
      return [...names].filter((name) => !name.includes('*')).map((value) => ({ value }));
    },
    /** The ids of elevations with which the user may do what the line begins with. */
    async ids(place: Place) {
      const step = place.command.name();
      const found = await list(place, `elevations${queries[step] ?? ''}`);
      return found
        .filter(({ may }) => step === 'show' || may.includes(step))
        .map((one): Candidate => ({ value: one.id, about: describe(one) }));
    },
    /** The ids and names by which requests are found in the trail. */
    async used(place: Place) {
      const found = await list(place, 'elevations?all=true');
      const names = new Set(found.map(({ name }) => name));
      return [
        ...found.map((one) => ({ value: one.id, about: describe(one) })),
        ...[...names].map((value) => ({ value })),
      ];
    },
  };
}

/** Creates the source of the names of agents: of all users, if the user may list those. */
function createAgentSource(ask: AskFor): ValueSource {
  return async (place) => {
    const list = async (query: string) => readAnswer(agentsSchema, await ask(place, `agents${query}`), 'the agents');
    const own = await list('');
    const { agents } = own.maySeeAll === true ? await list('?all=true') : own;
    return agents.map(({ name, user, expiresAt }) => ({
      value: name,
      about: `${user}, until ${readableTime(expiresAt)}`,
    }));
  };
}

/** Longer than a completion may take as a whole, which ends the program. */
const timeoutMs = 5000;

/**
 * Asks the gateway that the command would ask, as the user who is logged in. Never logs in, and changes nothing: if the
 * gateway no longer accepts the login, the command itself says so.
 */
async function ask(environment: Environment, { given }: Place, path: string): Promise<unknown> {
  const [gateway, context] = [given.get('--gateway'), given.get('--context')];
  const { client, store } = await openGateway(environment, { gateway, context });
  const credential = store.read();
  if (credential === undefined || credential.expiresAt <= environment.now()) return undefined;
  const { token } = credential;
  const { status, body } = await client.call({ method: 'GET', path: `/.sallyport/api/v1/${path}`, token, timeoutMs });
  return status === 200 ? body : undefined;
}

/** Completes a context of the kubeconfig that the command line names. */
const ofKubeconfig =
  ({ workingDirectory }: Environment): ValueSource =>
  async ({ given }) => {
    const file = given.get('--kubeconfig');
    const found = file === undefined ? [] : await kubectlContexts([path.resolve(workingDirectory, file)]);
    return found.map(({ name }) => ({ value: name }));
  };

/** Creates the sources of values: one entry for each option, and for each argument of a command. */
export function createValueSources(environment: Environment): FindSource {
  const gateways: ValueSource = async () =>
    listLogins(environment).map(({ gateway, login }) => ({
      value: gateway.origin,
      about: login === undefined ? 'not logged in' : `${login.user}, until ${readableTime(login.expiresAt)}`,
    }));
  const contexts: ValueSource = async () =>
    (await kubectlContexts(kubeconfigFiles(environment)))
      .filter(({ place }) => place !== undefined)
      .map(({ name, place }) => ({ value: name, about: `${place!.cluster} at ${place!.gateway.origin}` }));
  const clusters: ValueSource = async (place) =>
    readAnswer(clustersSchema, await ask(environment, place, 'clusters'), 'the clusters').clusters.map(
      ({ name, url }) => ({ value: name, about: url }),
    );
  const sessions: ValueSource = async (place) => {
    const list = async (query: string) =>
      readAnswer(sessionsSchema, await ask(environment, place, `sessions${query}`), 'the sessions');
    const own = await list('');
    const { sessions: all } = own.maySeeAll === true ? await list('?all=true') : own;
    return all.map(({ id, user, createdAt, userAgent }) => ({
      value: id,
      about: [user, `since ${readableTime(createdAt)}`, userAgent].filter((part) => part != null).join(', '),
    }));
  };
  const streams: ValueSource = async (place) =>
    readAnswer(streamListSchema, await ask(environment, place, 'streams'), 'the streams').streams.map(
      (stream): Candidate => ({
        value: stream.id,
        about: `${stream.user}, ${stream.kind} ${stream.cluster} ${stream.namespace}/${stream.name}`,
      }),
    );
  const recordings: ValueSource = async (place) =>
    readAnswer(recordingListSchema, await ask(environment, place, 'recordings'), 'the recordings').recordings.map(
      (one): Candidate => ({
        value: one.id,
        about: `${one.user}, ${one.kind} ${one.cluster} ${one.namespace}/${one.name}`,
      }),
    );
  const askFor: AskFor = (place, api) => ask(environment, place, api);
  const { names, ids: elevations, ...ofElevations } = createElevationSources(askFor);
  const sources: Record<string, ValueSource> = {
    '--gateway': gateways,
    '--context': (place) => (place.command.parent?.name() === 'cluster' ? ofKubeconfig(environment) : contexts)(place),
    '--cluster': (place) => (place.command.name() === 'elevate' ? ofElevations.clusters : clusters)(place),
    '--namespace': async (place) => (place.command.name() === 'elevate' ? ofElevations.namespaces(place) : []),
    '--agent': createAgentSource(askFor),
    '--elevation': ofElevations.used,
    '--session': sessions,
    '--stream': streams,
    ...Object.fromEntries(['show', 'play', 'export'].map((step) => [`${step}/recording`, recordings])),
    'login/gateway': gateways,
    'upgrade/gateway': gateways,
    'elevate/name': names,
    'revoke/session': sessions,
    'watch/stream': streams,
    ...Object.fromEntries(
      ['show', 'approve', 'deny', 'withdraw', 'revoke', 'extend', 'review'].map((step) => [
        `${step}/elevation`,
        elevations,
      ]),
    ),
  };
  return (name) => (Object.hasOwn(sources, name) ? sources[name] : undefined);
}
