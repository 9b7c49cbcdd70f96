import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createTokenSealer } from '@sallyport/stores';
import { openTokens } from '../tokens/provider-tokens.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { after, answerWith, json, live, logIn, minute } from '../testing/test-refresh.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createRefresher } from './create-refresher.ts';

let service: TestService;
async function begin(sections: Record<string, unknown> = {}) {
  service = await createTestService(sections);
}
beforeEach(() => begin({ sessions: { memory: true, idle: '10h' } }));

describe('provider tokens are sealed', () => {
  const everything = async () => {
    const records = await Promise.all(
      (await service.sessions.list()).map(({ id }) => service.tokenStorage.tokens.read(id)),
    );
    return JSON.stringify([records, await service.sessions.list(), service.audit.records, service.lines]);
  };
  const secretsOf = (of: TestService) => [...of.provider.refreshTokens.keys()];

  it('in every store, and are in no log or event', async () => {
    const puts: string[] = [];
    const { singleUse } = service;
    service = await createTestService(
      {},
      {
        singleUse: {
          ...singleUse,
          put: (kind, key, value, ttl) => (puts.push(JSON.stringify(value)), singleUse.put(kind, key, value, ttl)),
        },
      },
    );
    await exchange(service, { code: await cliCode(service) });
    await logIn(service);
    const before = secretsOf(service);
    await after(service, 10 * minute);
    answerWith(service, () =>
      json({ error: 'server_error', error_description: 'about refresh-token-7-in-clear' }, 500),
    );
    await after(service, 10 * minute);
    const text = (await everything()) + puts.join();
    expect(before).toHaveLength(2);
    for (const secret of [...before, ...secretsOf(service), 'in-clear']) expect(text).not.toContain(secret);
    // Three letters alone can appear in sealed text by chance.
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+/);
  });

  it('for their own session only', async () => {
    const [one, two] = [
      await logIn(service),
      (await exchange(service, { code: await cliCode(service) }), (await service.sessions.list()).at(-1)!),
    ];
    const { sealer, tokens } = service.tokenStorage;
    const record = (await tokens.read(one.id))!;
    expect(openTokens(sealer, record.sealed, one.id)).toMatchObject({
      refreshToken: expect.stringContaining('refresh-token'),
      idToken: expect.stringMatching(/^eyJ/),
    });
    expect(openTokens(sealer, record.sealed, two.id)).toBeUndefined();
  });

  it('with the newest key from the next refresh on; without the old key they wait for it, as for a provider that is down', async () => {
    const session = await logIn(service);
    const [old, fresh] = [
      { id: 'old', key: randomBytes(32) },
      { id: 'new', key: randomBytes(32) },
    ];
    const { tokens, sealer } = service.tokenStorage;
    const record = (await tokens.read(session.id))!;
    await tokens.keep(
      { ...record, sealed: createTokenSealer([old]).seal(sealer.open(record.sealed, session.id)!, session.id) },
      service.clock.now,
    );
    const refresherWith = (...ring: (typeof old)[]) =>
      createRefresher({
        ...service.deps,
        tokenStorage: { tokens, sealer: createTokenSealer(ring) },
        events: {
          ended: async () => true,
          refreshed: () => {},
          widened: async () => 'recorded' as const,
          notWidened: () => {},
        },
        random: () => 0.5,
      });
    await refresherWith(fresh).runDue();
    expect(await live(service, session)).toEqual(session);
    service.clock.now += minute;
    await refresherWith(fresh, old).runDue();
    expect((await tokens.read(session.id))!.sealed).toMatch(/^1\.new\./);
    expect(createTokenSealer([fresh]).open((await tokens.read(session.id))!.sealed, session.id)).toContain(
      'refresh-token',
    );
    const without = refresherWith(old);
    for (let at = 0; at < 8; at += 1) {
      service.clock.now += 10 * minute;
      await without.runDue();
    }
    expect(await live(service, session)).toBe('provider-away');
  });

  it('deletes provider tokens with their session', async () => {
    const session = await logIn(service);
    await service.browser.send('delete', `/v1/sessions/${session.id}`, {
      'sallyport-caller': Buffer.from(
        JSON.stringify({
          session: { id: session.id, kind: 'browser', expiresAt: 0 },
          privileged: true,
          clientAddress: '192.0.2.9',
          identity: { ...session.identity, claims: undefined },
        }),
      ).toString('base64url'),
    });
    expect(await live(service, session)).toBe('revoked');
    expect(await service.tokenStorage.tokens.read(session.id)).toBeUndefined();
  });
});
