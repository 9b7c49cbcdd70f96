import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { checkOf, identityOf, startRig } from '../testing/authorize-rig.ts';

const dev = { kind: 'cluster', name: 'dev' } as const;
const clock = { now: 0 };
let rig: Awaited<ReturnType<typeof startRig>>;
let parent: string;
let child: string;

beforeEach(async () => {
  clock.now = Date.now();
  rig = await startRig({ now: () => clock.now });
  const alice = identityOf('alice@example.com', ['developers']);
  parent = await rig.logIn(alice, { id: 'parent' });
  child = await rig.logIn(alice, {
    id: 'child',
    kind: 'agent',
    agent: { name: 'bot', scope: { clusters: ['dev'], verbs: ['get', 'list'], secrets: false, shell: false } },
    idleMs: 3_000_000,
    expiresAt: clock.now + 3_000_000,
    parent: { id: 'parent', hash: hashToken(parent) },
  });
});
afterEach(() => rig.close());
const ask = async (more: Parameters<typeof checkOf>[2] = {}) => (await rig.ask(checkOf(child, dev, more)))[0]!;

describe('a check of a child session of a login', () => {
  it('gets the rights that its person has now', async () => {
    expect(await ask()).toMatchObject({ decision: { effect: 'allow' }, session: { id: 'child', kind: 'agent' } });
    await rig.store.update('parent', (one) => ({ ...one, identity: { ...one.identity, groups: [] } }));
    expect(await ask()).toMatchObject({ decision: { effect: 'deny' }, identity: { groups: [] } });
  });

  it('is refused once the log-in has ended, with the reason', async () => {
    await rig.store.revoke('parent', { by: 'alice@example.com', reason: 'logout' });
    expect(await ask()).toMatchObject({
      decision: { effect: 'authenticate' },
      problem: { code: 'unauthenticated', detail: expect.stringContaining('depended has ended') },
    });
  });

  it('keeps the log-in alive by its use, and by nothing else', async () => {
    const [found] = await rig.store.find([hashToken(child)]);
    const idleEndsAt = found?.state === 'live' ? found.parent!.idleEndsAt : 0;
    clock.now += 300_000;
    expect(await ask({ use: false })).toMatchObject({ session: { idleEndsAt } });
    expect(await rig.store.read('parent')).toMatchObject({ idleEndsAt });
    await ask();
    await new Promise(setImmediate);
    expect(await rig.store.read('parent')).toMatchObject({ idleEndsAt: clock.now + 600_000, usedAt: clock.now });
    clock.now += 600_000;
    expect(await ask()).toMatchObject({ problem: { code: 'unauthenticated' } });
  });
});
