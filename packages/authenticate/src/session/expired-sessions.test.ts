import { beforeEach, describe, expect, it } from '@jest/globals';
import { logIn, minute } from '../testing/test-refresh.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createExpiryEvents, createExpiryReporter } from './expiry-reporter.ts';

let service: TestService;
const reporterOf = ({ deps }: TestService) =>
  createExpiryReporter({ ...deps, record: createExpiryEvents(deps), random: () => 0.5 });

beforeEach(async () => {
  service = await createTestService({ sessions: { memory: true, idle: '30m', lifetime: '2h' } });
});

describe('a session that ends by itself', () => {
  it('has an event within a minute, with who had it, and why and when it ended', async () => {
    const session = await logIn(service);
    const before = service.audit.records.length;
    const endedAt = service.clock.now + 30 * minute;
    service.clock.now = endedAt + minute - 10_000;
    expect([await reporterOf(service).runDue(), await reporterOf(service).runDue()]).toEqual([1, 0]);
    expect(service.audit.records.slice(before)).toMatchObject([
      {
        type: 'session.expired',
        source: 'sallyport/authenticate',
        data: {
          user: {},
          verb: 'end',
          responseStatus: { code: 200, message: 'idle' },
          sallyport: {
            sessionId: session.id,
            credentialKind: session.kind,
            identity: { iss: session.identity.issuer, sub: session.identity.subject },
            detail: `at ${new Date(endedAt).toISOString()}`,
          },
        },
      },
    ]);
    // Whenever, and however often, it is recorded.
    expect(Date.parse(service.audit.records.at(-1)!.time)).toBe(endedAt);
  });

  it('has the reason lifetime at the end of its lifetime', async () => {
    service = await createTestService({ sessions: { memory: true, idle: '30m', lifetime: '30m' } });
    await logIn(service);
    service.clock.now += 31 * minute;
    await reporterOf(service).runDue();
    expect(service.events('session.expired').map(({ data }) => data.responseStatus?.message)).toEqual(['lifetime']);
  });

  it('names the agent, and ends an agent whose login has expired with an event of its own', async () => {
    const like = await logIn(service);
    const scope = { clusters: ['dev'], verbs: ['get'], secrets: false, shell: false };
    const agentOf = (name: string, lifeMs: number) => ({
      ...like,
      id: `agent-${name}`,
      kind: 'agent' as const,
      expiresAt: like.createdAt + lifeMs,
      idleMs: lifeMs,
      agent: { name, scope },
      parent: { id: 'parent', hash: 'hash-of-parent' },
    });
    await service.sessions.create('hash-of-parent', { ...like, id: 'parent' });
    await service.sessions.create('hash-1', agentOf('short', 10 * minute));
    await service.sessions.create('hash-2', agentOf('long', 60 * minute));
    service.clock.now += 31 * minute;
    await reporterOf(service).runDue();
    const ends = service.audit.records.filter(({ data }) => data.sallyport.agent !== undefined);
    expect(ends.map(({ type, data }) => [type, data.sallyport.agent!.name, data.responseStatus?.message])).toEqual([
      ['session.expired', 'short', 'lifetime'],
      ['agent.ended', 'long', 'parent-ended'],
    ]);
    expect(ends[1]!.data.sallyport.detail).toBe('its parent was the session parent');
  });

  it('has no such event if it was revoked', async () => {
    const { id } = await logIn(service);
    await service.sessions.revoke(id, { by: 'bob', reason: 'revoked' });
    service.clock.now += 240 * minute;
    expect(await reporterOf(service).runDue()).toBe(0);
  });

  it('is tried again until it is recorded, as one event', async () => {
    await logIn(service);
    service.clock.now += 31 * minute;
    service.audit.away = true;
    await expect(reporterOf(service).runDue()).rejects.toThrow('did not record');
    service.audit.comeBack();
    expect(await reporterOf(service).runDue()).toBe(0);
    service.clock.now += minute;
    expect(await reporterOf(service).runDue()).toBe(1);
    expect(new Set(service.events('session.expired').map(({ id }) => id)).size).toBe(1);
  });

  it('takes nothing while the audit log has no room', async () => {
    await logIn(service);
    service.clock.now += 31 * minute;
    service.audit.full = true;
    expect(await reporterOf(service).runDue()).toBe(0);
    service.audit.full = false;
    expect(await reporterOf(service).runDue()).toBe(1);
  });
});
