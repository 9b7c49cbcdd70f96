import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dayMs } from '@sallyport/contracts/text';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const token = `spt_${'b'.repeat(43)}`;
const ids = ['5f0c6a1e-5d0a-4f0e-9a50-2f7f0b0f6f11', '6f0c6a1e-5d0a-4f0e-9a50-2f7f0b0f6f12'] as const;
const account = (name: string, id: string, lastUsedAt?: number) => ({
  id,
  name,
  user: `service-account:${name}`,
  groups: ['ci'],
  maker: 'alice@example.com',
  createdAt: Date.now() - 60 * dayMs,
  expiresAt: Date.now() + 30 * dayMs,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
});
let gateway: FakeGateway;
let rig: Rig;
let asked: unknown;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  gateway.override = ({ path: at, method, body }) => {
    if (at === '/.sallyport/api/v1/service-accounts' && method === 'POST') {
      asked = JSON.parse(body);
      return { status: 201, body: { token, serviceAccount: account('deployer', ids[0]) } };
    }
    if (at === '/.sallyport/api/v1/service-accounts')
      return {
        status: 200,
        body: { serviceAccounts: [account('deployer', ids[0], Date.now() - 1000), account('old', ids[1])] },
      };
    return at.startsWith('/.sallyport/api/v1/service-accounts/') ? { status: 204 } : undefined;
  };
  await rig.run('login', '--gateway', gateway.origin);
  gateway.calls.length = 0;
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const create = (...more: string[]) =>
  rig.run('service-account', 'create', 'deployer', '--groups', 'ci,dev', '--for', '90d', ...more);

describe('sallyport service-account', () => {
  it('shows the token alone on standard output, once', async () => {
    const { code, out, err } = await create();
    expect([code, out]).toEqual([0, `${token}\n`]);
    expect(err).toMatch(/service-account:deployer is in ci until .*\n.*only this once/);
    expect(asked).toEqual({ name: 'deployer', groups: ['ci', 'dev'], lifetimeMs: 90 * dayMs });
    expect(JSON.parse((await create('-o', 'json')).out)).toMatchObject({ token, serviceAccount: { name: 'deployer' } });
  });

  it('writes the token to a new file of mode 0600 instead', async () => {
    const file = path.join(rig.home, 'token');
    expect(await create('--out', file)).toMatchObject({ code: 0, out: `Wrote ${file}.\n` });
    expect([statSync(file).mode & 0o777, readFileSync(file, 'utf8')]).toEqual([0o600, `${token}\n`]);
    expect(await create('--out', file)).toMatchObject({ code: 7 });
  });

  it('lists all, or those that were not used, and ends them by name', async () => {
    expect((await rig.run('service-account', 'list', '-o', 'name')).out).toBe(`${ids[0]}\n${ids[1]}\n`);
    expect((await rig.run('service-account', 'list', '--unused', '30d', '-o', 'name')).out).toBe(`${ids[1]}\n`);
    expect((await rig.run('service-account', 'list')).out).toMatch(/old .*never/);
    expect((await rig.run('service-account', 'revoke', 'old')).out).toBe(`Revoked service account ${ids[1]}.\n`);
  });

  it.each([
    [['create', 'deployer', '--for', '1d'], '--groups is missing'],
    [['create', 'deployer', '--groups', 'ci'], '--for is missing'],
    [['create', 'De ployer', '--groups', 'ci', '--for', '1d'], 'cannot be the name'],
    [['list', '--unused', 'long'], '--unused: "long"'],
  ])('refuses %j', async (args, says) => {
    expect(await rig.run('service-account', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(says) });
    expect(gateway.calls).toEqual([]);
  });
});
