import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { cliCode, createBed, exchange, type Bed } from '../testing/test-bed.ts';

let bed: Bed;
beforeEach(async () => {
  bed = await createBed({ sessions: { memory: true, perUser: 2 } });
});
const logIn = async () => {
  bed.clock.now += 1000;
  const { body } = await exchange(bed, { code: await cliCode(bed) });
  const { access_token: token, session } = body as { access_token: string; session: { id: string } };
  return { hash: hashToken(token), id: session.id };
};
const ids = async () => (await bed.sessions.list()).map(({ id }) => id);

describe('beyond sessions.perUser', () => {
  it('a session that was never used ends before an older one in use', async () => {
    const mine = await logIn();
    await bed.sessions.noteUse(mine.hash);
    for (let n = 0; n < 5; n += 1) await logIn();
    const last = await logIn();
    expect(await ids()).toEqual([mine.id, last.id]);
    expect(bed.events('session.ended').map(({ data }) => data.responseStatus?.message)).toEqual(
      Array.from({ length: 5 }, () => 'limit'),
    );
  });

  it('the oldest ends where all were used, and where none was', async () => {
    const [first, second] = [await logIn(), await logIn()];
    const third = await logIn();
    expect(await ids()).toEqual([second.id, third.id]);
    expect(await ids()).not.toContain(first.id);
    for (const { hash } of [second, third]) await bed.sessions.noteUse(hash);
    const fourth = await logIn();
    expect(await ids()).toEqual([third.id, fourth.id]);
  });
});
