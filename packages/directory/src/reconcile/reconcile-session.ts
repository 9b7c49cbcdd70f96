import { isDeepStrictEqual } from 'node:util';
import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import type { Directory } from '../groups/create-directory.ts';
import { type SessionEvents, writeIdentity } from './write-identity.ts';

export type ReconcileSessionDeps = {
  sessions: Pick<SessionStore, 'read' | 'update' | 'revoke' | 'endRights'>;
  directory: Pick<Directory, 'evaluate'>;
  events: SessionEvents;
};

export type ReconcileOutcome = 'unchanged' | 'changed' | 'ended' | 'none';

const maxTries = 8;

async function end(
  { sessions, events }: ReconcileSessionDeps,
  session: Session,
  why: { reason: 'deactivated' | 'changed'; detail: string },
): Promise<ReconcileOutcome> {
  const { issuer, subject } = session.identity;
  // First, because nothing leads here again once the session has ended.
  await sessions.endRights({ issuer, subject }, 'deactivated');
  const ended = await sessions.revoke(session.id, { by: 'directory', reason: why.reason });
  if (ended) events.ended(ended, why);
  return 'ended';
}

/**
 * Brings a session in line with the directory: rewrites its groups, or ends it. After each write it evaluates again. If
 * several processes do this at once, with older and newer answers, the last one to write therefore has the newest.
 * Rejects with `audit-unavailable` if new groups could not be recorded. Groups that the user lost are gone even then.
 */
export async function reconcileSession(deps: ReconcileSessionDeps, sessionId: string): Promise<ReconcileOutcome> {
  let outcome: ReconcileOutcome = 'unchanged';
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = await deps.sessions.read(sessionId);
    // A session with a parent has the identity of its parent, which is reconciled.
    if (found.state !== 'live' || found.session.parent) return 'none';
    const evaluation = await deps.directory.evaluate(found.session.identity, false);
    if (!('identity' in evaluation)) return end(deps, found.session, evaluation);
    const identity = { ...found.session.identity, groups: evaluation.identity.groups };
    if (isDeepStrictEqual(identity, found.session.identity)) return outcome;
    const written = await writeIdentity(deps, found.session, identity);
    if (written === 'gone') return 'none';
    if (written === 'unrecorded')
      throw new ProblemError('audit-unavailable', 'The audit log did not record the new groups of a session in time.');
    if (written === 'written') outcome = 'changed';
  }
  throw new ProblemError('conflict', 'Other requests are changing this session at the same time. Try again.');
}
