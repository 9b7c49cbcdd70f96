import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import type { Check, CheckTarget } from '@sallyport/contracts';
import { checkOf, identityOf, startRig } from '../testing/authorize-rig.ts';

const dev = { kind: 'cluster', name: 'dev' } as const;
const application = 'https://headlamp.example.com';
let rig: Awaited<ReturnType<typeof startRig>>;
let login: string;
let browser: string;

beforeEach(async () => {
  rig = await startRig();
  const alice = identityOf('alice@example.com', ['developers']);
  login = await rig.logIn(alice, { id: 'login' });
  browser = await rig.logIn(alice, {
    id: 'route',
    kind: 'route',
    idleMs: 60_000,
    expiresAt: Date.now() + 60_000,
    parent: { id: 'login', hash: hashToken(login) },
  });
});
afterEach(() => rig.close());

async function ask(token: string, target: CheckTarget, by?: string) {
  const check = checkOf(token, target);
  const credential = { ...check.credential, ...(by === undefined ? {} : { application: by }) } as Check['credential'];
  return (await rig.ask({ ...check, credential }))[0]!;
}
const refused = { decision: { effect: 'authenticate' }, problem: { code: 'unauthenticated' } };

describe('an application that acts for its user', () => {
  it('has the rights of the user on a cluster, with the session of its host or that of a program', async () => {
    for (const token of [browser, login])
      expect(await ask(token, dev, application)).toMatchObject({
        decision: { effect: 'allow' },
        identity: { user: 'alice@example.com' },
        impersonation: { user: 'alice@example.com', groups: ['developers'] },
      });
  });

  it('reaches nothing but clusters', async () => {
    const others: CheckTarget[] = [
      { kind: 'self' },
      { kind: 'api', area: 'sessions' },
      { kind: 'route', host: 'headlamp.example.com' },
    ];
    for (const token of [browser, login])
      for (const target of others) expect(await ask(token, target, application)).toMatchObject(refused);
  });

  it('is refused as soon as the login of its user has ended', async () => {
    await rig.store.revoke('login', { by: 'alice@example.com', reason: 'logout' });
    for (const token of [browser, login]) expect(await ask(token, dev, application)).toMatchObject(refused);
  });
});

describe("the session of an application's host", () => {
  it('is worth nothing on a cluster or at the API without the signature of the gateway', async () => {
    expect(await ask(browser, dev)).toMatchObject(refused);
    expect(await ask(browser, { kind: 'api', area: 'sessions' })).toMatchObject(refused);
  });
});
