import type { Session } from '@sallyport/contracts';
import { mayReach, type Steps } from '@sallyport/policy';
import type { CallerView } from '../check/caller-view.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';

/**
 * Lists in steps the hosts of the web applications on which the policy might allow the holder of a session something. An
 * agent reaches none.
 */
export function* ownRoutes(
  found: Session,
  { user, session }: Pick<CallerView, 'user' | 'session'>,
  { routes, onCall }: PolicySnapshot,
  now: number,
): Steps<string[]> {
  const own: string[] = [];
  if (found.kind === 'agent') return own;
  for (const [host, { policies }] of routes) {
    const request = { method: 'GET', path: '/', host, ip: found.clientAddress ?? '' };
    if (yield* mayReach(policies, { user, session, request, ...(onCall ? { onCall } : {}), now })) own.push(host);
    yield;
  }
  return own;
}
