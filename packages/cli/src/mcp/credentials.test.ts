import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startMcp, type McpRig } from '../testing/mcp-rig.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const token = 'spt_planted_agent_token_0123456789';
const named = ['--gateway', 'http://localhost:1'];

describe('the credential of sallyport mcp', () => {
  let mcp: McpRig | undefined;
  afterEach(async () => {
    await mcp?.end();
    mcp = undefined;
  });

  it('is the login of the user, who is told that a token can have fewer rights', async () => {
    mcp = await startMcp([], { login: true });
    expect(await mcp.call('clusters')).toMatchObject({ isError: false });
    expect(mcp.err()).toMatch(/with your own login \(alice\S*\) and all your rights to read\n.*sallyport agent create/);
  });

  it('is looked at for every call, so that a new login counts at once', async () => {
    mcp = await startMcp([], { login: true });
    mcp.gateway.revokeAll();
    for (let call = 0; call < 2; call += 1)
      expect(await mcp.call('clusters')).toEqual({
        text: expect.stringContaining(`To log in, run: sallyport login --gateway ${mcp.gateway.origin}`),
        isError: true,
        structured: undefined,
      });
    await mcp.rig.run('login', '--gateway', mcp.gateway.origin);
    expect(await mcp.call('clusters')).toMatchObject({ isError: false });
  });

  it('is kept when a cluster answers 401, and forgotten when the gateway does', async () => {
    mcp = await startMcp([], { login: true });
    const { gateway, rig } = mcp;
    const own = gateway.override;
    for (const challenge of ['', 'Basic realm="sallyport"', 'Bearer realm="dev"']) {
      const headers = { 'www-authenticate': challenge };
      gateway.override = (call) =>
        call.path.startsWith('/clusters/') ? { status: 401, body: { message: 'log in again' }, headers } : own(call);
      expect(await mcp.call('list', { cluster: 'dev', resource: 'pods' })).toMatchObject({ isError: true });
      expect((await rig.run('can-i', 'get', 'pods', '--cluster', 'dev', '--gateway', gateway.origin)).code).not.toBe(0);
      expect(await mcp.call('clusters')).toMatchObject({ isError: false });
    }
    gateway.override = own;
    gateway.revokeAll();
    await mcp.call('list', { cluster: 'dev', resource: 'pods' });
    expect((await rig.run('status', '--gateway', gateway.origin)).out).toContain('not logged in');
  });

  it('is a token whose end is said, and what to do about it', async () => {
    mcp = await startMcp();
    mcp.gateway.revokeAll();
    for (const [tool, given] of [
      ['clusters', {}],
      ['list', { cluster: 'dev', resource: 'pods' }],
    ] as const) {
      const { text, isError } = await mcp.call(tool, given);
      expect(isError).toBe(true);
      expect(text).toContain('does not accept the token of SALLYPORT_TOKEN');
      expect(text).toContain('sallyport agent create');
      expect(text).not.toContain(token);
    }
  });

  it('is read from its file for every call', async () => {
    const rig = createRig();
    const file = path.join(rig.directory, 'token');
    writeFileSync(file, 'spt_another_token_0123456789\n', { mode: 0o600 });
    mcp = await startMcp(['--token-file', file]);
    expect((await mcp.call('clusters')).text).toContain(`does not accept the token of ${file}`);
    writeFileSync(file, `${token}\n`);
    expect(await mcp.call('clusters')).toMatchObject({ isError: false });
    chmodSync(file, 0o644);
    expect((await mcp.call('clusters')).text).toContain(`run: chmod 600 ${file}`);
    rig.remove();
  });
});

describe('sallyport mcp does not start', () => {
  let rig: Rig;
  afterEach(() => rig.remove());

  it('for a token whose gateway is not named', async () => {
    rig = createRig();
    rig.environment.env.SALLYPORT_TOKEN = token;
    expect(await rig.run('mcp')).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/no gateway is named for the token of SALLYPORT_TOKEN\n {2}Name the gateway/),
    });
  });

  it.each<[string, string | undefined, number, RegExp]>([
    ['is missing', undefined, 0o600, /token does not exist/],
    ['can be read by a group', token, 0o640, /can be read by others\n {2}.* chmod 600/],
    ['can be read by all', token, 0o604, /can be read by others/],
    ['has two tokens', `${token}\n${token}\n`, 0o600, /has no token/],
    ['is empty', '', 0o600, /has no token/],
  ])('with a token file that %s', async (_what, text, mode, message) => {
    rig = createRig();
    const file = path.join(rig.directory, 'token');
    if (text !== undefined) writeFileSync(file, text, { mode });
    const { code, err, out } = await rig.run('mcp', '--token-file', file, ...named);
    expect([code, out, err.includes('spt_planted')]).toEqual([7, '', false]);
    expect(err).toMatch(message);
  });

  it.each([
    ['--max-bytes', '100'],
    ['--max-bytes', 'many'],
    ['--timeout', '20m'],
    ['--timeout', '5'],
  ])('with %s %s', async (option, value) => {
    rig = createRig();
    expect(await rig.run('mcp', ...named, option, value)).toMatchObject({ code: 2, out: '' });
  });

  it('on a terminal, where it says what it is for', async () => {
    rig = createRig({ stdout: { isTTY: true, write: () => {} } });
    const { code, err } = await rig.run('mcp', ...named);
    expect([code, err]).toEqual([2, expect.stringContaining('Add it to the configuration of your tool.')]);
  });
});
