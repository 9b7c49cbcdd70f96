import { setTimeout as pause } from 'node:timers/promises';
import { callGateway, follow, openShell, type GatewayAddress } from './call-gateway.ts';
import { logIn, type Account } from './log-in.ts';

/** How many rounds of everyone's usual requests are made before the demo is ready. */
const firstRounds = 30;
const roundMs = 15_000;

/** What someone does at the gateway. */
type Actor = {
  /** A request to the cluster. A refusal is as good as an answer: both are in the trail. */
  kube(method: string, path: string, object?: object, type?: string): Promise<void>;
  /** A call of the gateway's API. Throws if it is refused. */
  api<T>(path: string, body?: object): Promise<T>;
  follow(path: string): void;
  shell(namespace: string, ...command: string[]): ReturnType<typeof openShell>;
};

export type Traffic = { close(): Promise<void> };

const podsOf = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const patchType = 'application/merge-patch+json';

function createActor(gateway: GatewayAddress, cluster: string, token: string, signal: AbortSignal): Actor {
  const base = `/clusters/${cluster}`;
  return {
    async kube(method, path, object, type) {
      const body = object && JSON.stringify(object);
      await callGateway(gateway, { method, path: base + path, token, ...(type && { type }), ...(body && { body }) });
    },
    async api<T>(path: string, body?: object) {
      const more = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const { status, text } = await callGateway(gateway, { path: `/.sallyport/api/v1${path}`, token, ...more });
      if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
      return JSON.parse(text) as T;
    },
    follow: (path) => follow(gateway, { path: base + path, token }, signal),
    shell(namespace, ...command) {
      const query = new URLSearchParams({ container: 'web', stdin: 'true', stdout: 'true', stderr: 'true' });
      for (const word of command) query.append('command', word);
      return openShell(gateway, { path: `${base}${podsOf(namespace)}/web/exec?${query.toString()}`, token }, signal);
    },
  };
}

type People = Record<'alice' | 'bob' | 'deploy', Actor>;

/** What happens again and again: reads, changes, and what the cluster or the gateway refuses. */
async function usualRound({ alice, bob, deploy }: People, round: number): Promise<void> {
  const deployment = '/apis/apps/v1/namespaces/dev/deployments/shop';
  const settings = '/api/v1/namespaces/dev/configmaps/web-settings';
  await alice.kube('GET', podsOf('dev'));
  await alice.kube('GET', '/api/v1/namespaces/dev/services');
  await deploy.kube('GET', deployment);
  await deploy.kube('PATCH', deployment, { spec: { replicas: 2 + (round % 3) } }, patchType);
  await bob.kube('GET', '/api/v1/nodes');
  await bob.kube('GET', podsOf('prod'));
  await alice.kube('PATCH', settings, { data: { 'log.level': round % 2 ? 'debug' : 'info' } }, patchType);
  const name = `job-${Date.now().toString(36)}`;
  const job = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { round: String(round) } };
  await deploy.kube('POST', '/api/v1/namespaces/dev/configmaps', job);
  await deploy.kube('DELETE', `/api/v1/namespaces/dev/configmaps/${name}`);
  if (round % 3 === 0) await alice.kube('GET', '/api/v1/namespaces/prod/secrets/web-password');
  // These stay refused, because no one gives the robot an elevation.
  if (round % 4 === 1) await deploy.shell('prod', 'sh');
  if (round % 4 === 2) await alice.shell('dev', 'ls', '/');
  if (round % 5 === 0) await deploy.kube('DELETE', `${podsOf('prod')}/web`);
}

const minutes = (count: number) => count * 60_000;

/** Elevations: one that was approved and used, one that waits, and a break-glass that waits for its review. */
async function elevate({ alice, bob }: People, cluster: string): Promise<void> {
  const ask = async (actor: Actor, name: string, durationMs: number, reason: string, more = {}) =>
    (await actor.api<{ elevation: { id: string } }>('/elevations', { name, cluster, durationMs, reason, ...more }))
      .elevation.id;
  const used = await ask(alice, 'prod-admin', minutes(30), 'Checkout is slow: more log for ten minutes', {
    ticket: 'OPS-4711',
  });
  await bob.api(`/elevations/${used}/approve`, { reason: 'Go ahead, I am watching' });
  const settings = '/api/v1/namespaces/prod/configmaps/web-settings';
  await alice.kube('PATCH', settings, { data: { 'log.level': 'info' } }, patchType);
  await ask(alice, 'prod-admin', minutes(15), 'Rotate the password of the shop', { namespace: 'prod' });
  const glass = await ask(bob, 'break-glass', minutes(15), 'The shop is down, and no approver answers');
  await bob.kube('GET', '/api/v1/namespaces/prod/secrets/web-password');
  await bob.api(`/elevations/${glass}/revoke`, { reason: 'The shop is up again' });
}

/** Opens what a person on call has open: watches, a log, and a shell. */
async function openStreams({ alice, bob }: People): Promise<(line: string) => void> {
  alice.follow(`${podsOf('dev')}?watch=true`);
  bob.follow(`${podsOf('prod')}?watch=true`);
  alice.follow(`${podsOf('dev')}/web/log?follow=true`);
  return (await bob.shell('prod', 'sh')) ?? (() => undefined);
}

/** Logs the people in, and gives a service account to a robot. */
async function arrive(
  gateway: GatewayAddress,
  from: { pagesUrl: string; accounts: readonly Account[]; cluster: string; signal: AbortSignal },
): Promise<People> {
  const { pagesUrl, accounts, cluster, signal } = from;
  const actorOf = async (name: string) => {
    const account = accounts.find(({ user }) => user.startsWith(`${name}@`))!;
    return createActor(gateway, cluster, await logIn(gateway, pagesUrl, account), signal);
  };
  const [alice, bob, mallory] = [await actorOf('alice'), await actorOf('bob'), await actorOf('mallory')];
  await mallory.kube('GET', podsOf('dev'));
  // The name is new each time, because another run may have used it.
  const name = `deploy-${Date.now().toString(36)}`;
  const { token } = await alice.api<{ token: string }>('/service-accounts', {
    name,
    groups: ['developers'],
    lifetimeMs: minutes(24 * 60),
  });
  return { alice, bob, deploy: createActor(gateway, cluster, token, signal) };
}

/**
 * Lets the demo's people work: some hundred requests at once, then a few every 15 seconds until it is closed. Each is a
 * real one. The trail is chained and signed, so no event has a time at which nothing happened.
 */
export async function startTraffic(
  gateway: GatewayAddress,
  more: { pagesUrl: string; accounts: readonly Account[]; cluster: string; say(text: string): void },
): Promise<Traffic> {
  const ending = new AbortController();
  const { signal } = ending;
  const people = await arrive(gateway, { ...more, signal });
  for (let round = 0; round < firstRounds; round += 1) await usualRound(people, round);
  await elevate(people, more.cluster);
  const type = await openStreams(people);
  const trickle = async () => {
    for (let round = firstRounds; ; round += 1) {
      await pause(roundMs, undefined, { signal });
      await usualRound(people, round);
      type('date');
    }
  };
  const running = trickle().catch((error: unknown) => {
    if (!signal.aborted) more.say(`The traffic has ended: ${String(error)}`);
  });
  return {
    async close() {
      ending.abort();
      await running;
    },
  };
}
