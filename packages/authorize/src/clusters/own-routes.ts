import type { Session } from '@sallyport/contracts';
import type { Steps } from '@sallyport/policy';
import type { CallerView } from '../check/caller-view.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { mayKnowRoute } from './may-know.ts';

/**
 * Lists in steps the hosts of the web applications on which the policy might allow the holder of a session something. An
 * agent reaches none.
 */
export function* ownRoutes(found: Session, person: CallerView, snapshot: PolicySnapshot, now: number): Steps<string[]> {
  const own: string[] = [];
  if (found.kind === 'agent') return own;
  for (const host of snapshot.routes.keys()) {
    if (yield* mayKnowRoute(person, host, snapshot, now)) own.push(host);
    yield;
  }
  return own;
}
