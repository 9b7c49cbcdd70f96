import { describe, expect, it } from '@jest/globals';
import { createPagesRig, gatewayOrigin, sessionCookie } from '../../testing/pages-rig.ts';

const api = '/.sallyport/api/v1';

function createRig(reserved?: string) {
  const asked: unknown[] = [];
  const rig = createPagesRig({
    answerMore: ({ target }) => {
      if (target.kind !== 'api') return {};
      asked.push(target);
      return reserved !== undefined && target.serviceAccount === reserved ? { reservedName: true } : {};
    },
  });
  const send = (method: 'post' | 'get' | 'delete', path: string, body?: object) =>
    rig.agent[method](`${api}/${path}`)
      .set({ host: 'gate.example.com', cookie: sessionCookie, origin: gatewayOrigin })
      .send(body);
  return { ...rig, asked, send };
}
const account = { name: 'prod-deployer', groups: ['ci'], lifetimeMs: 86_400_000 };

describe('the creation of a service account', () => {
  it('asks who may have the name, and says so where names are given', async () => {
    const rig = createRig(account.name);
    expect((await rig.send('post', 'service-accounts', account)).status).toBe(200);
    expect(rig.asked.at(-1)).toEqual({ kind: 'api', area: 'machines', serviceAccount: account.name });
    expect(rig.calls).toMatchObject([{ method: 'POST', path: '/v1/service-accounts?reserved=true', body: account }]);
  });

  it('says nothing of a name that no policy reserves, whatever the client says', async () => {
    const rig = createRig('other');
    await rig.send('post', 'service-accounts?reserved=true', account);
    expect(rig.calls.map(({ path }) => path)).toEqual(['/v1/service-accounts']);
  });

  it('passes nothing on that is not the description of one', async () => {
    const rig = createRig();
    expect((await rig.send('post', 'service-accounts', { ...account, name: '../x' })).status).toBe(400);
    expect(rig.calls).toEqual([]);
  });
});

describe('the names of service accounts', () => {
  it('are listed, given and freed', async () => {
    const rig = createRig();
    const names = [{ name: 'old', uid: 'a'.repeat(43), user: 'alice' }];
    await rig.send('get', 'service-account-names?all=true');
    await rig.send('post', 'service-account-names', { names });
    await rig.send('delete', 'service-account-names/old');
    expect((await rig.send('post', 'service-account-names', { names: [{ name: 'old' }] })).status).toBe(400);
    expect(rig.calls).toMatchObject([
      { method: 'GET', path: '/v1/service-account-names?all=true' },
      { method: 'POST', path: '/v1/service-account-names', body: { names } },
      { method: 'DELETE', path: '/v1/service-account-names/old' },
    ]);
  });
});
