import { setImmediate } from 'node:timers/promises';
import { clustersRequestSchema, type ClustersResponse, type Session } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';
import { mayReach, runStepsSliced, type PolicyInput, type Steps } from '@sallyport/policy';
import { createCallerViews, type CallerView } from '../check/caller-view.ts';
import { findCallerSession } from '../check/find-caller-session.ts';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
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

function* ownClusters(
  found: Session,
  { user, session }: Pick<CallerView, 'user' | 'session'>,
  { clusters, onCall }: PolicySnapshot,
  now: number,
): Steps<string[]> {
  const own: string[] = [];
  for (const [name, rules] of clusters) {
    const input: PolicyInput = {
      user,
      session,
      request: { method: 'GET', path: '/', host: '', ip: found.clientAddress ?? '' },
      kubernetes: { cluster: name },
      ...(onCall ? { onCall } : {}),
      now,
    };
    if (found.kind === 'agent' && found.agent?.scope.clusters.includes(name) !== true) continue;
    if (rules.impersonate.refuseUser(found.identity.user) === undefined && (yield* mayReach(rules.everyPolicy, input)))
      own.push(name);
    yield;
  }
  return own;
}

/**
 * Creates the handler of `POST /v1/clusters`, which lists the clusters, and the web applications if they are asked for, on
 * which the policy might allow the caller something. The list is for display: every request there is still evaluated.
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
