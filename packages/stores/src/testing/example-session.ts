import type { Session } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import type { SessionStore } from '../sessions/session-store.ts';

/** What a backend provides: an empty store, a replica of it, and a clock that the suite moves. */
export type SessionStoreBed = {
  store: SessionStore;
  /** A store on the same sessions as another process has it, or the same store where there is only one process. */
  replica: SessionStore;
  clock: { now: number };
};

export const lifetimeMs = 3_600_000;
export const idleMs = 600_000;
let made = 0;

/** Returns a session with a new id. */
export function exampleSession(
  now: number,
  changes: Partial<Omit<Session, 'identity'>> & { identity?: Partial<Session['identity']> } = {},
): Session {
  const { identity, ...rest } = changes;
  return {
    version: 1,
    id: `session-${++made}`,
    kind: 'cli',
    createdAt: now,
    expiresAt: now + lifetimeMs,
    idleMs,
    identity: {
      provider: 'corp',
      issuer: 'https://idp.example.com',
      subject: 'sub-alice',
      user: 'alice@example.com',
      groups: ['developers'],
      claims: { email: 'alice@example.com' },
      amr: [],
      ...identity,
    },
    ...rest,
  };
}

export const freshHash = () => hashToken(`token-${++made}`);
export const by = { by: 'alice@example.com', reason: 'logout' as const };

/** Adds sessions to the store of a test, and looks them up on the replica. */
export function sessionsOf(bed: () => Pick<SessionStoreBed, 'store' | 'replica' | 'clock'>) {
  return {
    async add(changes?: Parameters<typeof exampleSession>[1]) {
      const { store, clock } = bed();
      const session = exampleSession(clock.now, changes);
      const tokenHash = freshHash();
      await store.create(tokenHash, session);
      return { session, tokenHash };
    },
    state: async (tokenHash: string) => (await bed().replica.find([tokenHash]))[0]!.state,
  };
}
