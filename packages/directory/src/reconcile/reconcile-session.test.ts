import { describe, expect, it } from '@jest/globals';
import type { Session } from '@sallyport/contracts';
import { createMemorySessionStore } from '@sallyport/stores';
import { reconcileSession } from './reconcile-session.ts';

const session: Session = {
  version: 1,
  id: 'session-1',
  kind: 'cli',
  createdAt: 0,
  expiresAt: 3_600_000,
  idleMs: 600_000,
  identity: {
    provider: 'corp',
    issuer: 'https://idp.example.com',
    subject: 'sub-alice',
    user: 'alice@example.com',
    groups: ['developers'],
    claims: {},
    amr: [],
  },
};
const pause = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, Math.random() * 3);
  });

describe('concurrent reconciliations of one session, with older and newer answers', () => {
  it('leave it with the newest groups', async () => {
    for (let round = 0; round < 20; round += 1) {
      const sessions = createMemorySessionStore({ now: () => 0 });
      await sessions.create('hash', session);
      let newest: string[] = [];
      const directory = {
        evaluate: async (identity: Session['identity']) => {
          const groups = newest;
          await pause();
          return { identity: { ...identity, groups } };
        },
      };
      const events = {
        ended: () => {},
        refreshed: () => {},
        widened: async () => 'recorded' as const,
        notWidened: () => {},
      };
      const running = [];
      for (let n = 0; n < 5; n += 1) {
        newest = [`g${n}`];
        running.push(reconcileSession({ sessions, directory, events }, session.id));
        await pause();
      }
      await Promise.all(running);
      expect(await sessions.read(session.id)).toMatchObject({
        state: 'live',
        session: { identity: { groups: ['g4'] } },
      });
    }
  });
});
