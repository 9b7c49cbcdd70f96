import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const ask = () => rig.run('exec-credential', `${gateway.origin}/clusters/dev`);
const kept = (name: string) => path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'), name);

describe('exec-credential as a program', () => {
  it.each(['linux', 'win32'] as const)(
    'on %s answers the first time from the cache, and asks the gateway when the same client asks again',
    async (platform) => {
      rig.remove();
      rig = createRig({ platform });
      await rig.run('login', '--gateway', gateway.origin);
      gateway.calls.length = 0;
      const first = await ask();
      expect(gateway.calls).toEqual([]);
      expect((await ask()).out).toBe(first.out);
      expect(gateway.calls).toEqual(['GET /.sallyport/me']);
    },
  );

  it('logs in if standard error is a terminal, even if the client does not share its input', async () => {
    rig.environment.stderr.isTTY = true;
    expect(await ask()).toMatchObject({
      code: 0,
      out: expect.stringContaining('ExecCredential'),
      err: expect.stringMatching(/\nLogged in to http:\S+ as alice@example\.com\.\n$/),
    });
    expect(rig.opened).toHaveLength(1);
    expect((await ask()).err).toBe('');
  });

  it('logs in without a terminal too: a graphical client has a user but no terminal', async () => {
    rig.environment.stderr.isTTY = false;
    expect(await ask()).toMatchObject({ code: 0, out: expect.stringContaining('ExecCredential') });
    expect(rig.opened).toHaveLength(1);
  });

  it('learns from the gateway how long the session lasts', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    rmSync(kept('exec-cache'));
    const [session] = gateway.sessions.values();
    session!.expiresAt += 3_600_000;
    const { out } = await ask();
    expect((JSON.parse(out) as { status: { expirationTimestamp: string } }).status.expirationTimestamp).toBe(
      `${new Date(session!.expiresAt).toISOString().slice(0, 19)}Z`,
    );
    expect(readFileSync(kept('exec-cache'), 'utf8')).toContain(out.trim());
    expect(statSync(kept('exec-cache')).mode & 0o777).toBe(0o600);
  });

  it('fails with exit code 1 and keeps the credential while the gateway is not ready', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    rmSync(kept('exec-cache'));
    gateway.override = () => ({ status: 503, body: { detail: 'The session store cannot be reached.' } });
    expect(await ask()).toMatchObject({
      code: 1,
      err: expect.stringContaining('The session store cannot be reached.'),
    });
    gateway.override = () => undefined;
    expect((await ask()).code).toBe(0);
  });

  it('sends no credential of one gateway to another', async () => {
    await rig.run('login', '--gateway', gateway.origin);
    const other = await startFakeGateway();
    expect((await rig.run('exec-credential', `${other.origin}/clusters/dev`)).code).toBe(0);
    // The other gateway would have got a request if the stored token had been tried there.
    expect(other.calls).not.toContain('GET /.sallyport/me');
    expect(rig.opened).toHaveLength(2);
    await other.close();
  });

  it.each([
    'http://gate.example.com/clusters/dev',
    'https://gate.example.com/other',
    'https://u:p@gate.example.com/clusters/dev',
    '--gateway',
  ])('rejects the server %s', async (server) => {
    expect(await rig.run('exec-credential', server)).toMatchObject({ code: 1, out: '' });
  });
});
