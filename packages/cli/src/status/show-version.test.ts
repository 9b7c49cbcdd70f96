import { sallyportVersion } from '@sallyport/contracts/version';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { releaseKey, releaseOf } from '../testing/fake-release.ts';
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

const client = { version: sallyportVersion, node: '20.0.0', platform: 'linux-x64', build: 'development' };
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
      out: `Client:   ${sallyportVersion}, a development build\nNode.js:  20.0.0\nPlatform: linux-x64\nGateway:  9.8.7 at ${gateway.origin}\nNote:     this program is a major version older, so some commands may not work\n`,
      err: '',
    });
    const distance = 'this program is a major version older, so some commands may not work';
    expect(await json()).toEqual({ client, gateway: { url: gateway.origin, version: '9.8.7', distance } });
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

  describe('of a release', () => {
    const { privateKey, line } = releaseKey();
    const offer = (version: string, key = privateKey) => {
      const files = releaseOf({ [`sallyport-${version}.tgz`]: 'x' }, `sallyport ${version}`, key);
      gateway.override = ({ path }) => {
        if (!path.startsWith('/.sallyport/install/')) return undefined;
        const body = files[path.slice('/.sallyport/install/'.length)];
        return body === undefined ? { status: 404 } : { status: 200, body };
      };
    };
    beforeEach(async () => {
      rig.environment.releaseKeys = [line];
      await logIn();
    });

    it('says that the gateway offers a newer, signed version', async () => {
      offer('99.0.0');
      const { out } = await rig.run('version');
      expect(out).toContain(`Client:   ${sallyportVersion}\n`);
      expect(out).toContain(`Offered:  99.0.0. To upgrade, run: sallyport upgrade ${gateway.origin}\n`);
      expect(await json()).toMatchObject({ client: { build: 'release' }, gateway: { offered: { version: '99.0.0' } } });
      await rig.run('logout');
      expect((await rig.run('version', '--gateway', gateway.origin)).out).toContain('Offered:  99.0.0.');
    });

    it('says nothing of none, of its own, or of an older one', async () => {
      expect((await rig.run('version')).out).not.toContain('Offered');
      for (const version of [sallyportVersion, '0.0.0-alpha']) {
        offer(version);
        expect((await rig.run('version')).out).not.toContain('Offered');
      }
    });

    it('says that what the gateway offers cannot be trusted', async () => {
      offer('99.0.0', releaseKey().privateKey);
      const problem = expect.stringMatching(
        /cannot be trusted: it is signed by a key that this program does not trust$/,
      );
      expect(await json()).toMatchObject({ gateway: { version: '9.8.7', offered: { problem } } });
      expect((await rig.run('version')).out).not.toContain('99.0.0');
    });
  });
});
