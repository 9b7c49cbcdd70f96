import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { describeWithPrograms } from '../testing/describe-with-programs.ts';
import { keyringPrograms, startPrivateKeyring } from '../testing/private-keyring.ts';
import { createShFrontRig, type ShFrontRig } from '../testing/sh-front-rig.ts';

// These tests start real programs, on machines that may be busy.

let rig: ShFrontRig;
let gateway: FakeGateway;
let keyring: Awaited<ReturnType<typeof startPrivateKeyring>>;
let env: Record<string, string>;

const run = (command: string, more: Record<string, string> = {}) => rig.sh(`$FRONT ${command}`, { ...env, ...more });
const directory = () => path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'));
const file = (name: string) => path.join(directory(), name);
const token = () => [...gateway.sessions.keys()].at(-1)!;
const inKeyring = () => keyring.list();
/** Returns the content of every file of the home. */
const everything = () =>
  readdirSync(rig.home, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(rig.home, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'utf8'))
    .join('\n');
const ask = (more?: Record<string, string>) => run(`exec-credential '${gateway.origin}/clusters/dev'`, more);

describeWithPrograms(keyringPrograms, 'the keyring of Linux', () => {
  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(async () => {
    gateway = await startFakeGateway();
    rig = createShFrontRig();
    env = { SALLYPORT_KEYRING: '1', DBUS_SESSION_BUS_ADDRESS: keyring.address };
  });
  afterEach(async () => {
    await gateway.close();
    rig.remove();
  });

  describe('if it is unlocked', () => {
    it('has the token, and no file has it', async () => {
      expect(await run(`login --gateway ${gateway.origin}`)).toMatchObject({ code: 0 });
      expect(inKeyring()).toContain(`secret = ${token()}`);
      expect(everything()).not.toContain(token());
      expect(existsSync(file('exec-cache'))).toBe(false);
      expect(await run('whoami')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('alice') });
    });

    it('serves kubectl, which leaves no cache', async () => {
      await run(`login --gateway ${gateway.origin}`);
      for (const _turn of [1, 2]) {
        const { code, out, err } = await ask();
        expect({ code, err }).toEqual({ code: 0, err: '' });
        expect(JSON.parse(out)).toMatchObject({ status: { token: token() } });
      }
      expect(everything()).not.toContain(token());
    });

    it('loses the token on logout, and so do the files', async () => {
      await run(`login --gateway ${gateway.origin}`);
      const before = token();
      expect(await run('logout')).toMatchObject({ code: 0, err: '' });
      expect(inKeyring()).not.toContain(before);
      expect(existsSync(file('credential.json'))).toBe(false);
      expect(await run('whoami')).toMatchObject({ code: 3 });
    });

    it('takes over a login that was in a file, and the cache goes', async () => {
      await run(`login --gateway ${gateway.origin}`, { SALLYPORT_KEYRING: '' });
      expect(existsSync(file('exec-cache'))).toBe(true);
      expect(JSON.parse((await ask()).out)).toMatchObject({ status: { token: token() } });
      expect(inKeyring()).toContain(token());
      expect(everything()).not.toContain(token());
    });

    it('gives the token back to the file when it is switched off', async () => {
      await run(`login --gateway ${gateway.origin}`);
      expect(await ask({ SALLYPORT_KEYRING: '0' })).toMatchObject({ code: 0, err: '' });
      expect(everything()).toContain(token());
      expect(statSync(file('credential.json')).mode & 0o777).toBe(0o600);
      expect(inKeyring()).not.toContain(token());
    });

    it('keeps the logins of two homes apart', async () => {
      await run(`login --gateway ${gateway.origin}`);
      const first = token();
      const other = { SALLYPORT_HOME: path.join(rig.directory, 'other') };
      await run(`login --gateway ${gateway.origin}`, other);
      expect(token()).not.toBe(first);
      expect(JSON.parse((await ask()).out)).toMatchObject({ status: { token: first } });
      expect(JSON.parse((await ask(other)).out)).toMatchObject({ status: { token: token() } });
    });
  });

  describe('if it is not there', () => {
    const none = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };

    it('the token is in a file, and that is said once', async () => {
      const login = await run(`login --gateway ${gateway.origin}`, none);
      expect(login.code).toBe(0);
      expect(
        login.err.match(/the credential is in a file, because the keyring cannot be used: secret-tool/g),
      ).toHaveLength(1);
      expect(statSync(file('credential.json')).mode & 0o777).toBe(0o600);
      for (const _turn of [1, 2]) expect(await ask(none)).toMatchObject({ code: 0, err: '' });
    });

    it('a login in it cannot be used, and a logout says so and deletes the rest', async () => {
      await run(`login --gateway ${gateway.origin}`);
      const words = 'the credential is in the keyring, which cannot be read: secret-tool';
      expect(await run('whoami', none)).toMatchObject({ code: 3, err: expect.stringContaining(words) });
      expect((await run('logout', none)).err).toContain(words);
      expect(existsSync(file('credential.json'))).toBe(false);
    });
  });
});
