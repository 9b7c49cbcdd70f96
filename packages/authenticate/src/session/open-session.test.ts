import { expect, it } from '@jest/globals';
import { createMemorySessionStore } from '@sallyport/stores';
import { createBed, createBrowser, throughProvider } from '../testing/test-bed.ts';

it('a session that finds no room leaves no tokens behind, which would push out those of others', async () => {
  const clock = { now: Date.now() };
  const bed = await createBed({}, { clock, sessions: createMemorySessionStore({ now: () => clock.now, max: 1 }) });
  await throughProvider(bed, '/.sallyport/login');
  for (let n = 0; n < 3; n += 1)
    expect((await throughProvider(bed, '/.sallyport/login', undefined, createBrowser(bed.app))).status).toBe(503);
  expect(await bed.keeping.tokens.count()).toBe(1);
  const [kept] = await bed.sessions.list();
  expect(await bed.keeping.tokens.read(kept!.id)).toBeDefined();
});
