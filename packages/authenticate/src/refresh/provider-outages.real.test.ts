import { beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT, generateKeyPair } from 'jose';
import type { Session } from '@sallyport/contracts';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import {
  after,
  answerWith,
  hour,
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

let service: TestService;
async function begin(sections: Record<string, unknown> = {}) {
  service = await createTestService(sections);
}
beforeEach(() => begin({ sessions: { memory: true, idle: '10h' } }));

/** Expects that the provider's current response changes nothing, and that the one a minute later counts. */
const answersLater = async (session: Session, groups: string[]) => {
  await after(service, 10 * minute);
  expect(await live(service, session)).toEqual(session);
  service.provider.lies = { claims: { groups } };
  await after(service, minute);
  expect((await identityOf(service, session)).groups).toEqual(groups);
};

describe('a provider that is down ends no session before the grace period ends', () => {
  it.each([
    [
      'has no network',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['answers 500', () => json({ error: 'server_error' }, 500)],
    ['answers 503', () => new Response('', { status: 503 })],
    ['answers 429', () => json({ error: 'slow_down' }, 429)],
    ['answers 408', () => new Response('', { status: 408 })],
    ['sends a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['redirects', () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } })],
  ])('if it %s', async (_what, answer) => {
    const session = await logIn(service);
    answerWith(service, answer);
    for (let at = 0; at < 59; at += 1) {
      await after(service, minute);
      expect(await live(service, session)).toEqual(session);
    }
    expect(refreshCalls(service)).toBeGreaterThan(5);
    expect(refreshCalls(service)).toBeLessThan(20);
    for (let at = 0; at < 2; at += 1) await after(service, minute);
    expect(await live(service, session)).toBe('provider-away');
    expect(service.events('session.ended')).toHaveLength(1);
    expect(await outcomes(service)).toEqual({ retry: refreshCalls(service) - 2, ended: 1 });
  });

  it('the grace period starts at its last response, which may arrive in the last minute', async () => {
    const session = await logIn(service);
    answerWith(service, () => new Response('', { status: 503 }));
    await after(service, 10 * minute);
    service.clock.now = session.createdAt + hour;
    service.provider.lies = { claims: { groups: ['sre'] } };
    await service.refresher.runDue();
    expect((await identityOf(service, session)).groups).toEqual(['sre']);
    answerWith(service, () => new Response('', { status: 503 }));
    for (let at = 0; at < 5; at += 1) await after(service, 10 * minute);
    expect(((await live(service, session)) as Session).id).toBe(session.id);
    for (let at = 0; at < 2; at += 1) await after(service, 10 * minute);
    expect(await live(service, session)).toBe('provider-away');
  });

  it('is not called for as long as it asks, within reason', async () => {
    await logIn(service);
    answerWith(service, () => new Response('', { status: 429, headers: { 'retry-after': '300' } }));
    await after(service, 10 * minute);
    expect(refreshCalls(service)).toBe(2);
    await after(service, 4 * minute);
    expect(refreshCalls(service)).toBe(2);
    await after(service, 2 * minute);
    expect(refreshCalls(service)).toBe(3);
  });

  it('a response that cannot be verified ends and changes nothing', async () => {
    const session = await logIn(service);
    const { privateKey } = await generateKeyPair('RS256');
    service.provider.lies = {
      noRotation: true,
      claims: { groups: ['sre'] },
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey),
    };
    await answersLater(session, ['ops']);
  });

  it('the new refresh token is kept if only UserInfo is down', async () => {
    const session = await logIn(service);
    service.provider.lies = {
      claims: { groups: undefined },
      intercept: (path) => (path === '/userinfo' ? new Response('', { status: 503 }) : undefined),
    };
    await answersLater(session, ['sre']);
  });

  it('is not called for every session', async () => {
    await logInMany(service, 200);
    const before = refreshCalls(service);
    answerWith(service, () => {
      throw new TypeError('fetch failed');
    });
    await after(service, 10 * minute);
    expect(refreshCalls(service) - before).toBeLessThan(70);
    expect(await service.sessions.list()).toHaveLength(200);
  });

  it('does not affect another provider', async () => {
    const providers = ['corp', 'other'].map((id) => ({
      id,
      issuer: 'https://idp.example.com',
      clientId: 'sallyport',
      clientSecret: 's3cr3t',
    }));
    await begin({ identity: { providers } });
    for (const provider of ['corp', 'corp', 'corp', 'corp', 'other'])
      await throughProvider(service, `/.sallyport/login?provider=${provider}`, undefined, createBrowser(service.app));
    const other = (await service.sessions.list()).find(({ identity }) => identity.provider === 'other')!;
    let asked = 0;
    answerWith(service, () => {
      asked += 1;
      if (asked <= 4) throw new TypeError('fetch failed');
      return json({ error: 'invalid_grant' }, 400);
    });
    await after(service, 10 * minute);
    expect(asked).toBe(5);
    expect([await live(service, other), (await service.sessions.list()).length]).toEqual(['refused', 4]);
  });
});
