import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService({ sessions: { memory: true, perUser: 2 } });
});
const logIn = async () => {
  service.clock.now += 1000;
  const { body } = await exchange(service, { code: await cliCode(service) });
  const { access_token: token, session } = body as { access_token: string; session: { id: string } };
  return { hash: hashToken(token), id: session.id };
};
const ids = async () => (await service.sessions.list()).map(({ id }) => id);

describe('beyond sessions.perUser', () => {
  it('a session that was never used ends before an older one in use', async () => {
    const mine = await logIn();
    await service.sessions.noteUse(mine.hash);
    for (let n = 0; n < 5; n += 1) await logIn();
    const last = await logIn();
    expect(await ids()).toEqual([mine.id, last.id]);
    expect(service.events('session.ended').map(({ data }) => data.responseStatus?.message)).toEqual(
      Array.from({ length: 5 }, () => 'limit'),
    );
  });

  it('the oldest session ends if all or none were used', async () => {
    const [first, second] = [await logIn(), await logIn()];
    const third = await logIn();
    expect(await ids()).toEqual([second.id, third.id]);
    expect(await ids()).not.toContain(first.id);
    for (const { hash } of [second, third]) await service.sessions.noteUse(hash);
    const fourth = await logIn();
    expect(await ids()).toEqual([third.id, fourth.id]);
  });

  it('a child session neither counts nor ends for another', async () => {
    const first = await logIn();
    const found = await service.sessions.read(first.id);
    if (found.state !== 'live') throw new Error('not live');
    for (const name of ['a', 'b', 'c'])
      await service.sessions.create(hashToken(name), {
        ...found.session,
        id: name,
        kind: 'agent',
        parent: { id: first.id, hash: first.hash },
      });
    const second = await logIn();
    expect((await ids()).toSorted()).toEqual(['a', 'b', 'c', first.id, second.id].toSorted());
    const third = await logIn();
    expect((await ids()).toSorted()).toEqual([second.id, third.id].toSorted());
  });
});
