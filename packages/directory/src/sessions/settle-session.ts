import { isDeepStrictEqual } from 'node:util';
import type { Identity, Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';
import { describeChange } from '../claims/describe-change.ts';
import type { SessionEvents } from '../events/session-events.ts';
import type { Directory } from '../groups/create-directory.ts';

export type SettleSessionDeps = {
  sessions: Pick<SessionStore, 'read' | 'update' | 'revoke'>;
  directory: Pick<Directory, 'judge'>;
  events: SessionEvents;
};

export type Settled = 'unchanged' | 'changed' | 'ended' | 'none';

const mostTries = 8;

/** What a verdict hangs on; whatever else of a session changes meanwhile is of no consequence. */
const basis = ({ groups: _groups, ...rest }: Identity) => rest;

async function end(
  { sessions, events }: SettleSessionDeps,
  session: Session,
  why: { reason: 'deactivated' | 'changed'; detail: string },
): Promise<Settled> {
  const ended = await sessions.revoke(session.id, { by: 'directory', reason: why.reason });
  if (ended) events.ended(ended, why);
  return 'ended';
}

/**
 * Brings a session in line with what the directory says now: its groups are rewritten, or it ends. Whoever has written
 * looks again, so that of several who do this at once, with older and newer answers, the last one to write is right.
 */
export async function settleSession(deps: SettleSessionDeps, sessionId: string): Promise<Settled> {
  let outcome: Settled = 'unchanged';
  for (let tries = 0; tries < mostTries; tries += 1) {
    const found = await deps.sessions.read(sessionId);
    if (found.state !== 'live') return 'none';
    const verdict = await deps.directory.judge(found.session.identity, false);
    if (!('identity' in verdict)) return end(deps, found.session, verdict);
    const { groups } = verdict.identity;
    let before: Session | undefined;
    let right = false;
    const after = await deps.sessions.update(sessionId, (live) => {
      before = live;
      const stillHolds = isDeepStrictEqual(basis(live.identity), basis(found.session.identity));
      right = stillHolds && isDeepStrictEqual(live.identity.groups, groups);
      return right || !stillHolds ? live : { ...live, identity: { ...live.identity, groups } };
    });
    if (!after) return 'none';
    if (right) return outcome;
    const change = before && describeChange(before.identity, after.identity);
    if (change === undefined) continue;
    outcome = 'changed';
    deps.events.refreshed(after, change);
  }
  throw new ProblemError('conflict', 'This session is being changed by others at the moment.');
}
