import { setImmediate } from 'node:timers/promises';
import { type Session, clustersRequestSchema, isLogin, type ClustersResponse } from '@sallyport/contracts';
import { type Steps, runStepsSliced } from '@sallyport/policy';
import { createConcurrencyLimiter, parseJson, ProblemError } from '@sallyport/kit';
import { type CallerView, createCallerViews } from '../caller/caller-view.ts';
import { type CallerDeps, requireCallerSession } from '../caller/find-caller-session.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { mayKnowRoute, mayKnowCluster } from './may-know.ts';

/**
 * Lists in steps the hosts of the web applications on which the policy might allow the holder of a session something. An
 * agent reaches none.
 */
function* ownRoutes(found: Session, person: CallerView, snapshot: PolicySnapshot, now: number): Steps<string[]> {
  const own: string[] = [];
  if (found.kind === 'agent') return own;
  for (const host of snapshot.routes.keys()) {
    if (yield* mayKnowRoute(person, host, snapshot, now)) own.push(host);
    yield;
  }
  return own;
}

/** The rules are evaluated a few milliseconds at a time, so that checks are answered in between. */
const slicing = { pause: () => setImmediate(), sliceMs: 5 };
/** A very large policy costs as much as thousands of checks. */
const limits = { total: 4, message: 'Too many cluster lists are in progress. Try again shortly.' };

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
export function createListClusters(deps: CallerDeps): (text: string) => Promise<ClustersResponse> {
  const limiter = createConcurrencyLimiter(limits);
  const list = async (text: string) => {
    const { success, data } = clustersRequestSchema.safeParse(parseJson(text));
    if (!success || data.credential.kind !== 'token')
      throw new ProblemError('bad-request', 'The request has no credential.');
    const { session, now } = await requireCallerSession(data, deps);
    const view = createCallerViews({ max: 1 }).of(session);
    const policies = deps.policies.current();
    const clusters = await runStepsSliced(ownClusters(session, view, policies, now), slicing);
    if (data.routes !== true) return { clusters };
    return { clusters, routes: await runStepsSliced(ownRoutes(session, view, policies, now), slicing) };
  };
  return (text) => limiter.run('', () => list(text));
}
