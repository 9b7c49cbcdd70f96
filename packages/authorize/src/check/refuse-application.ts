import { hostOfRoute, type Check, type Session } from '@sallyport/contracts';
import { applicationOf, type CallerView } from '../caller/caller-view.ts';
import { decide, inputOf } from '../caller/decide.ts';
import type { ApplicationRules, PolicySnapshot } from '../policies/policy-set.ts';
import type { Refused } from './answer.ts';

/**
 * Reports whether a credential is used where it does not count. The session of a web application's host is for that host,
 * and an application with the credential of its user is for clusters: neither reaches the gateway's own API.
 */
export function isMisused(check: Check, { kind, route }: Pick<Session, 'kind' | 'route'>): boolean {
  const { target } = check;
  const application = applicationOf(check);
  if (application !== undefined)
    return target.kind !== 'cluster' || (kind === 'route' && route !== hostOfRoute(application));
  return kind === 'route' && (target.kind !== 'route' || target.host !== route);
}

/**
 * Reports whether the policies of a route let a person in now. The request of an application to a cluster says nothing
 * about its user's requests to the application, so the question is whether there is one that is surely allowed. Their
 * address is that from which the session began, and nothing is known of their certificate.
 */
function letsIn(
  { policies, requests, host }: ApplicationRules,
  check: Check,
  caller: CallerView,
  { version, onCall }: PolicySnapshot,
  now: number,
): boolean {
  const ip = caller.source.clientAddress ?? '';
  return requests.some(({ method, path }) => {
    const input = inputOf({ ...check, request: { method, path, host, ip } }, caller, undefined, { now, onCall });
    return decide(policies, input, version).effect === 'allow';
  });
}

/**
 * Returns the refusal of a request that an application may not make for its user (any more); undefined if it may, or if
 * the request is not one of an application. The policies of the cluster then decide about the user.
 */
export function refuseApplication(
  check: Check,
  caller: CallerView,
  snapshot: PolicySnapshot,
  now: number,
): Refused | undefined {
  const application = applicationOf(check);
  if (application === undefined) return undefined;
  const { target, kubernetes } = check;
  const refuse = (part: string, detail: string): Refused => {
    const rule = `application/${hostOfRoute(application)}.${part}`;
    return {
      decision: { effect: 'deny', rule, reasons: [], policyVersion: snapshot.version },
      problem: {
        code: 'forbidden',
        detail: `the application ${application} may not act for you here: ${detail} (rule "${rule}")`,
      },
    };
  };
  const rules = snapshot.applications.get(application);
  if (!rules) return refuse('route', 'it has no route with identity.kubernetes');
  if (target.kind !== 'cluster' || !rules.clusters.has(target.name))
    return refuse('clusters', 'its route does not name this cluster');
  if (kubernetes?.impersonate !== undefined)
    return refuse('impersonate', 'it cannot act as another user or group. Use kubectl for this');
  return letsIn(rules, check, caller, snapshot, now)
    ? undefined
    : refuse('policy', 'the policy of its route does not let you in now');
}
