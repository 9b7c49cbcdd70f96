import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  after,
  answerWith,
  identityOf,
  json,
  live,
  logIn,
  logInMany,
  minute,
  outcomes,
  refreshCalls,
} from '../testing/test-refresh.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createRefresher } from './create-refresher.ts';

let service: TestService;
async function begin(sections: Record<string, unknown> = {}) {
  service = await createTestService(sections);
}
beforeEach(() => begin({ sessions: { memory: true, idle: '10h' } }));

describe('replicas', () => {
  const replicaOf = (of: TestService) =>
    createRefresher({
      ...of.deps,
      tokenStorage: of.tokenStorage,
      events: {
        ended: async () => true,
        refreshed: () => {},
        widened: async () => 'recorded' as const,
        notWidened: () => {},
      },
      random: () => 0.5,
    });

  it('refresh each session once', async () => {
    await logInMany(service, 50);
    const before = refreshCalls(service);
    const others = [replicaOf(service), replicaOf(service), replicaOf(service)];
    service.clock.now += 10 * minute;
    const counts = await Promise.all([service.refresher, ...others].map((one) => one.runDue()));
    expect(refreshCalls(service) - before).toBe(50);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(await service.sessions.list()).toHaveLength(50);
  });

  it('write and end nothing after they were overtaken', async () => {
    const session = await logIn(service);
    let go: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    let first = true;
    service.provider.lies.intercept = (path, body) => {
      if (path !== '/token' || body.get('grant_type') !== 'refresh_token' || !first) return undefined;
      first = false;
      return slow.then(() => json({ error: 'invalid_grant' }, 400));
    };
    service.clock.now += 10 * minute;
    const overtaken = service.refresher.runDue();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await replicaOf(service).runDue()).toBe(0);
    service.clock.now += minute;
    service.provider.lies.claims = { groups: ['sre'] };
    expect(await replicaOf(service).runDue()).toBe(1);
    const tokens = await service.tokenStorage.tokens.read(session.id);
    go!();
    await overtaken;
    expect((await identityOf(service, session)).groups).toEqual(['sre']);
    expect(await service.tokenStorage.tokens.read(session.id)).toEqual(tokens);
    expect(await outcomes(service)).toEqual({ overtaken: 1 });
  });

  it('do not bring back a session that ended during its refresh', async () => {
    const session = await logIn(service);
    service.provider.lies = { claims: { groups: ['sre'] } };
    answerWith(service, async () => {
      await service.sessions.revoke(session.id, { by: 'bob', reason: 'revoked' });
      service.provider.lies.intercept = () => undefined;
      return json({ error: 'server_error' }, 500);
    });
    await after(service, 10 * minute);
    await after(service, minute);
    expect(await live(service, session)).toBe('revoked');
    expect(await service.tokenStorage.tokens.count()).toBe(0);
  });
});
