import { expect, it } from '@jest/globals';
import { createMemorySessionStore } from '@sallyport/stores';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService } from '../testing/test-service.ts';

it('a session that cannot be created leaves no tokens behind, which would push out those of others', async () => {
  const clock = { now: Date.now() };
  const service = await createTestService(
    {},
    { clock, sessions: createMemorySessionStore({ now: () => clock.now, max: 1 }) },
  );
  await throughProvider(service, '/.sallyport/login');
  for (let n = 0; n < 3; n += 1)
    expect((await throughProvider(service, '/.sallyport/login', undefined, createBrowser(service.app))).status).toBe(
      503,
    );
  expect(await service.tokenStorage.tokens.count()).toBe(1);
  const [kept] = await service.sessions.list();
  expect(await service.tokenStorage.tokens.read(kept!.id)).toBeDefined();
});
