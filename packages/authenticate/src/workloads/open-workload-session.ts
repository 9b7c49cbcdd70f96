import { hash } from 'node:crypto';
import { uuidOf, hashToken, ProblemError, type ClientFacts } from '@sallyport/kit';
import type { ClusterKeys, Session } from '@sallyport/contracts';
import type { SessionStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';
import type { CompiledWorkload } from './compile-workloads.ts';
import { identifyWorkload, type IdentifiedWorkload } from './identify-workload.ts';
import { refusedToken, parseWorkloadToken, type ParsedToken } from './parse-workload-token.ts';
import type { VerifiedToken } from './verify-workload-token.ts';

/**
 * Returns the ID of the session of a token: a UUID (version 8) made from what its signature covers. An ECDSA signature
 * can be changed into another valid one without the key. The altered token has another hash, but the same session ID, so
 * that it cannot begin a second session after the first was revoked.
 */
function sessionIdOf(signed: string): string {
  return uuidOf(hash('sha256', `sallyport workload\0${signed}`, 'buffer'));
}

export type OpenWorkloadSessionDeps = {
  workloads: readonly CompiledWorkload[];
  verify(parsed: ParsedToken, given: readonly ClusterKeys[]): Promise<VerifiedToken>;
  sessions: Pick<SessionStore, 'find' | 'create'>;
  events: Pick<LoginEvents, 'requireRoomForToken' | 'workloadStarted' | 'notBegun'>;
  now: () => number;
};

/** The token of a workload, and who presented it. */
export type Presented = { token: string; clusters: readonly ClusterKeys[]; facts: ClientFacts; path: string };

function sessionOf(
  { identity, expiresAt }: IdentifiedWorkload,
  about: { id: string; now: number; facts: ClientFacts },
): Session {
  return {
    version: 1,
    id: about.id,
    kind: 'workload',
    identity,
    createdAt: about.now,
    expiresAt,
    // It lasts as long as its token, used or not: an idle end would only make the same token be verified again.
    idleMs: Math.max(1, expiresAt - about.now),
    ...about.facts,
  };
}

/** Returns the session of a token that has one. Refuses a token whose session was revoked. */
async function existing({ sessions }: OpenWorkloadSessionDeps, tokenHash: string): Promise<Session | undefined> {
  const [found] = await sessions.find([tokenHash]);
  if (found?.state === 'revoked') throw refusedToken('its session was revoked');
  return found?.state === 'live' ? found.session : undefined;
}

/** Stores the session. If another replica was faster with the same token, returns its session. */
async function store(deps: OpenWorkloadSessionDeps, tokenHash: string, session: Session): Promise<Session> {
  try {
    await deps.sessions.create(tokenHash, session);
    return session;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'conflict') throw error;
    const other = await existing(deps, tokenHash);
    if (other) return other;
    throw refusedToken('it was presented before with another signature');
  }
}

/**
 * Creates the function that begins the session of a workload with the token of its platform: it verifies the token,
 * records the session, then stores it under the token's hash until the end of the token. A token with a live session
 * keeps it. Callers with the same token share one verification.
 */
export function createOpenWorkloadSession(deps: OpenWorkloadSessionDeps): (presented: Presented) => Promise<Session> {
  const { events, now } = deps;
  const flights = new Map<string, Promise<Session>>();

  const open = async (tokenHash: string, { token, clusters, facts, path }: Presented): Promise<Session> => {
    const parsed = parseWorkloadToken(token);
    if (typeof parsed === 'string') throw refusedToken(parsed);
    const before = await existing(deps, tokenHash);
    if (before) return before;
    const verified = await deps.verify(parsed, clusters);
    const identified = identifyWorkload(deps.workloads, verified, now());
    const session = sessionOf(identified, { id: sessionIdOf(parsed.signed), now: now(), facts });
    events.requireRoomForToken();
    try {
      await events.workloadStarted(session, { workload: identified.workload, path });
      return await store(deps, tokenHash, session);
    } catch (error) {
      events.notBegun(session, { path, error });
      throw error;
    }
  };
  return (presented) => {
    const tokenHash = hashToken(presented.token);
    const flight =
      flights.get(tokenHash) ??
      open(tokenHash, presented).finally(() => {
        flights.delete(tokenHash);
      });
    flights.set(tokenHash, flight);
    return flight;
  };
}
