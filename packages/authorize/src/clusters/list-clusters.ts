import { setImmediate } from 'node:timers/promises';
import { clustersRequestSchema, isLogin, type ClustersResponse, type Session } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';
import { runStepsSliced, type Steps } from '@sallyport/policy';
import { createCallerViews, type CallerView } from '../check/caller-view.ts';
import { findCallerSession } from '../check/find-caller-session.ts';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import { mayKnowCluster } from './may-know.ts';
import { ownRoutes } from './own-routes.ts';

/** The rules are evaluated a few milliseconds at a time, so that checks are answered in between. */
const slicing = { pause: () => setImmediate(), sliceMs: 5 };
/** A very large policy costs as much as thousands of checks. */
const limits = { total: 4, message: 'Too many cluster lists are in progress. Try again shortly.' };

type Deps = {
  sessions: Pick<SessionStore, 'find'>;
  policies: Pick<PolicySet, 'current'>;
  now: () => number;
  storeTimeoutMs: number;
};

function* ownClusters(found: Session, person: CallerView, snapshot: PolicySnapshot, now: number): Steps<string[]> {
  const own: string[] = [];
  const mayAsk = isLogin(found);
  for (const [name, cluster] of snapshot.clusters) {
    if (found.kind === 'agent' && found.agent?.scope.clusters.includes(name) !== true) continue;
    if (cluster.impersonate.refuseUser(found.identity.user) !== undefined) continue;
    if (yield* mayKnowCluster(person, { cluster, mayAsk }, snapshot, now)) own.push(name);
    yield;
  }
  return own;
}

/**
 * Creates the handler of `POST /v1/clusters`, which lists the clusters, and the web applications if they are asked for, of
 * which the caller may know. The list is for display: every request there is still evaluated.
 */
export function createListClusters(deps: Deps): (text: string) => Promise<ClustersResponse> {
  const limiter = createConcurrencyLimiter(limits);
  const list = async (text: string) => {
    const { success, data } = clustersRequestSchema.safeParse(parseJson(text));
    if (!success || data.credential.kind !== 'token')
      throw new ProblemError('bad-request', 'The request has no credential.');
    const found = await findCallerSession(data, deps);
    const now = deps.now();
    if (found?.state !== 'live' || !(found.session.expiresAt > now))
      throw new ProblemError('unauthenticated', 'This login is unknown or has expired. Log in again.');
    const view = createCallerViews({ max: 1 }).of(found.session);
    const policies = deps.policies.current();
    const clusters = await runStepsSliced(ownClusters(found.session, view, policies, now), slicing);
    if (data.routes !== true) return { clusters };
    return { clusters, routes: await runStepsSliced(ownRoutes(found.session, view, policies, now), slicing) };
  };
  return (text) => limiter.run('', () => list(text));
}
