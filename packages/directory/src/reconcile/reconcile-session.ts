import { isDeepStrictEqual } from 'node:util';
import type { Identity, Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { describeChange } from '../claims/describe-change.ts';
import type { SessionEvents } from '../events/session-events.ts';
import type { Directory } from '../groups/create-directory.ts';

export type ReconcileSessionDeps = {
  sessions: Pick<SessionStore, 'read' | 'update' | 'revoke'>;
  directory: Pick<Directory, 'evaluate'>;
  events: SessionEvents;
};

export type ReconcileOutcome = 'unchanged' | 'changed' | 'ended' | 'none';

const maxTries = 8;

/** Returns the part of an identity that an evaluation depends on. */
const basisOf = ({ groups: _groups, ...rest }: Identity) => rest;

async function end(
  { sessions, events }: ReconcileSessionDeps,
  session: Session,
  why: { reason: 'deactivated' | 'changed'; detail: string },
): Promise<ReconcileOutcome> {
  const ended = await sessions.revoke(session.id, { by: 'directory', reason: why.reason });
  if (ended) events.ended(ended, why);
  return 'ended';
}

/**
 * Brings a session in line with the directory: rewrites its groups, or ends it. After each write it evaluates again. If
 * several processes do this at once, with older and newer answers, the last one to write therefore has the newest.
 */
export async function reconcileSession(deps: ReconcileSessionDeps, sessionId: string): Promise<ReconcileOutcome> {
  let outcome: ReconcileOutcome = 'unchanged';
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = await deps.sessions.read(sessionId);
    if (found.state !== 'live') return 'none';
    const evaluation = await deps.directory.evaluate(found.session.identity, false);
    if (!('identity' in evaluation)) return end(deps, found.session, evaluation);
    const { groups } = evaluation.identity;
    let before: Session | undefined;
    let isCurrent = false;
    const after = await deps.sessions.update(sessionId, (live) => {
      before = live;
      const isSameBasis = isDeepStrictEqual(basisOf(live.identity), basisOf(found.session.identity));
      isCurrent = isSameBasis && isDeepStrictEqual(live.identity.groups, groups);
      return isCurrent || !isSameBasis ? live : { ...live, identity: { ...live.identity, groups } };
    });
    if (!after) return 'none';
    if (isCurrent) return outcome;
    const change = before && describeChange(before.identity, after.identity);
    if (change === undefined) continue;
    outcome = 'changed';
    deps.events.refreshed(after, change);
  }
  throw new ProblemError('conflict', 'Other requests are changing this session at the same time. Try again.');
}
