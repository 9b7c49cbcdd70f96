import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { clustersSchema, readAnswer, sessionsSchema, streamsSchema } from '../gateway/answers.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { listLogins } from '../home/list-logins.ts';
import { kubeconfigFiles } from '../kubeconfig/kubeconfig-file.ts';
import { kubectlContexts } from '../kubeconfig/kubectl-context.ts';
import { readableTime } from '../terminal/readable-time.ts';
import type { Candidate } from './candidate.ts';
import { createAgentSource } from './agent-source.ts';
import { createElevationSources, type AskFor } from './elevation-sources.ts';
import type { FindSource, ValueSource } from './complete-words.ts';
import type { Place } from './read-words.ts';

/** Nobody waits longer for a key. */
const timeoutMs = 1000;

/**
 * Asks the gateway that the command would ask, as the user who is logged in. Never logs in, and changes nothing: if the
 * gateway no longer accepts the login, the command itself says so.
 */
async function ask(environment: Environment, { given }: Place, path: string): Promise<unknown> {
  const [gateway, context] = [given.get('--gateway'), given.get('--context')];
  const { client, store } = await openGateway(environment, {
    ...(gateway === undefined ? {} : { gateway }),
    ...(context === undefined ? {} : { context }),
  });
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
    readAnswer(streamsSchema, await ask(environment, place, 'streams'), 'the streams').streams.map(
      (stream): Candidate => ({
        value: stream.id,
        about: `${stream.user}, ${stream.kind} ${stream.cluster} ${stream.namespace}/${stream.name}`,
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
    'login/gateway': gateways,
    'elevate/name': names,
    'revoke/session': sessions,
    ...Object.fromEntries(
      ['show', 'approve', 'deny', 'withdraw', 'revoke', 'extend', 'review'].map((step) => [
        `${step}/elevation`,
        elevations,
      ]),
    ),
  };
  return (name) => (Object.hasOwn(sources, name) ? sources[name] : undefined);
}
