import { sallyportVersion } from '@sallyport/contracts/version';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({ platform: 'linux' });
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const client = { version: sallyportVersion, node: '20.0.0', platform: 'linux-x64' };
const logIn = () => rig.run('login', '--gateway', gateway.origin);
const json = async (...args: string[]) => {
  const { code, out, err } = await rig.run('version', '-o', 'json', ...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as unknown;
};

describe('sallyport version', () => {
  it('shows the versions of the client and of the gateway to a user who is logged in', async () => {
    await logIn();
    expect(await rig.run('version')).toEqual({
      code: 0,
      out: `Client:   ${sallyportVersion}\nNode.js:  20.0.0\nPlatform: linux-x64\nGateway:  9.8.7 at ${gateway.origin}\n`,
      err: '',
    });
    expect(await json()).toEqual({ client, gateway: { url: gateway.origin, version: '9.8.7' } });
    expect((await rig.run('version', '-o', 'yaml')).out).toMatch(/^client:\n {2}version: \d[^]*\ngateway:\n {2}url: /);
  });

  it('asks no gateway with --client', async () => {
    await logIn();
    gateway.calls.length = 0;
    expect(await json('--client')).toEqual({ client });
    expect((await rig.run('version', '--client')).out).not.toContain('Gateway');
    expect(gateway.calls).toEqual([]);
  });

  it('does not fail where there is no gateway, no login, or no answer', async () => {
    expect(await json()).toEqual({ client, gateway: { problem: expect.stringContaining('no gateway was found') } });
    expect(await json('--gateway', gateway.origin)).toEqual({
      client,
      gateway: { url: gateway.origin, problem: expect.stringContaining('not logged in') },
    });
    await logIn();
    await gateway.close();
    expect(await json()).toEqual({
      client,
      gateway: { url: gateway.origin, problem: expect.stringContaining('cannot be reached') },
    });
  });

  it('refuses a --gateway that is not an address', async () => {
    expect(await rig.run('version', '--gateway', 'ftp://gate')).toMatchObject({ code: 2, out: '' });
  });
});
