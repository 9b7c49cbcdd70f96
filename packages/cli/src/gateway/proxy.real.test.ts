import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { startConnectProxy, type ConnectProxy } from '../testing/connect-proxy.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

// For gate.test, a name that only the proxy can reach. The key protects nothing.
const cert = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUIpmQtBYf7c6BVmNpFHmZOezNVFQwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJZ2F0ZS50ZXN0MCAXDTI2MTEyNjIxMTQwNloYDzIxMjYxMTAy
MjExNDA2WjAUMRIwEAYDVQQDDAlnYXRlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATrF8cnDQtKGYlN4l9pIEtzEBJxLYPPCmAIkVh3rAoyc7Ff1uKnRUIM
FVWdrlIjisno7T9948yoOwJ9xEvXLtMQo2kwZzAdBgNVHQ4EFgQUU3N0htfcW+1s
SXB+tt/z9tiANlAwHwYDVR0jBBgwFoAUU3N0htfcW+1sSXB+tt/z9tiANlAwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglnYXRlLnRlc3QwCgYIKoZIzj0EAwID
RwAwRAIgY5i3H8+aVRra5Nud2+lXVpRdGne3dH1pcXbHCsYJETsCIHRhtROER8jH
YknXUbv6vJ6+Axn/FX5q+pKLjC0/zHMf
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh5JvAjfTKi1HHzRk
jJdSVEPioOdxr4s8jo9QOTz00kehRANCAATrF8cnDQtKGYlN4l9pIEtzEBJxLYPP
CmAIkVh3rAoyc7Ff1uKnRUIMFVWdrlIjisno7T9948yoOwJ9xEvXLtMQ
-----END PRIVATE KEY-----
`;

let gateway: FakeGateway;
let proxy: ConnectProxy;
let rig: Rig;
let address: string;
let ca: string;
beforeEach(async () => {
  gateway = await startFakeGateway({ key, cert });
  const port = new URL(gateway.origin).port;
  address = `gate.test:${port}`;
  proxy = await startConnectProxy(Number(port));
  rig = createRig();
  ca = path.join(rig.directory, 'ca.pem');
  writeFileSync(ca, cert);
});
afterEach(async () => {
  await Promise.all([gateway.close(), proxy.close()]);
  rig.remove();
});

const through = (env: Record<string, string>) => Object.assign(rig.environment.env, env);
const own = (credentials = '') => `http://${credentials}127.0.0.1:${proxy.port}`;
const login = () => rig.run('login', '--device', '--gateway', `https://${address}`, '--ca-file', ca);

describe('a gateway behind a proxy', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('is reached through %s, by every call', async (variable) => {
    through({ [variable]: own() });
    expect(await login()).toMatchObject({ code: 0 });
    expect(await rig.run('whoami')).toMatchObject({ code: 0, out: expect.stringContaining('alice') });
    expect(proxy.asked.length).toBeGreaterThan(2);
    expect(new Set(proxy.asked.map(({ target }) => target))).toEqual(new Set([address]));
    expect(gateway.calls.length).toBe(proxy.asked.length);
    // An open connection would keep the program from ending.
    await until(() => proxy.open === 0);
  });

  it('is reached with the user name and password of the proxy, which no output contains', async () => {
    through({ HTTPS_PROXY: own('bob:s%40fe-secret@') });
    const { code, out, err } = await login();
    expect([code, out + err]).toEqual([0, expect.not.stringMatching(/fe-secret/)]);
    const expected = `Basic ${Buffer.from('bob:s@fe-secret').toString('base64')}`;
    expect(new Set(proxy.asked.map(({ authorization }) => authorization))).toEqual(new Set([expected]));
  });

  it('is still checked by its certificate', async () => {
    through({ HTTPS_PROXY: own() });
    expect(await rig.run('login', '--device', '--gateway', `https://${address}`)).toMatchObject({
      code: 4,
      err: expect.stringContaining(`(through the proxy ${own()}) is signed by an authority that this machine does not`),
    });
    address = address.replace('gate', 'other');
    expect(await login()).toMatchObject({
      code: 4,
      err: expect.stringContaining('its certificate is for another name'),
    });
    expect(gateway.calls).toEqual([]);
  });

  it('is reached directly if NO_PROXY lists it', async () => {
    through({ HTTPS_PROXY: own(), NO_PROXY: 'gate.test' });
    expect(await login()).toMatchObject({
      code: 4,
      err: expect.stringMatching(/https:\/\/gate\.test:\d+ cannot be reached: /),
    });
    expect(proxy.asked).toEqual([]);
  });

  it('is reached directly on this machine over http', async () => {
    const local = await startFakeGateway();
    through({ HTTPS_PROXY: own(), HTTP_PROXY: own() });
    expect(await rig.run('login', '--gateway', local.origin)).toMatchObject({ code: 0 });
    expect(proxy.asked).toEqual([]);
    await local.close();
  });
});

describe('a proxy that does not help', () => {
  it.each([
    ['', 'it requires a user name and a password\n  Write them into HTTPS_PROXY, like http://USER:PASSWORD@'],
    ['bob:secret@', 'it does not accept the user name and password in HTTPS_PROXY\n  Correct them.'],
  ])('is named if it answers 407 to "%s"', async (credentials, words) => {
    proxy.refusal =
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n';
    through({ HTTPS_PROXY: own(credentials) });
    const { code, err } = await login();
    expect(code).toBe(4);
    expect(err).toContain(`the proxy ${own()} refused to connect to ${address}: ${words}`);
    expect(err).not.toContain('secret');
  });

  it('is named if it refuses, and what it says cannot write to the terminal', async () => {
    proxy.refusal = 'HTTP/1.1 403 Not \x1b[2J today\r\nContent-Length: 0\r\n\r\n';
    through({ HTTPS_PROXY: own() });
    const { code, err } = await login();
    expect(code).toBe(4);
    expect(err).toContain(`the proxy ${own()} refused to connect to ${address}: 403 Not `);
    expect(err).not.toContain('\x1b');
  });

  it('is named if it speaks no HTTP', async () => {
    proxy.refusal = 'nonsense\r\n\r\n';
    through({ HTTPS_PROXY: own() });
    expect(await login()).toMatchObject({
      code: 4,
      err: expect.stringContaining(`the proxy ${own()} cannot be reached`),
    });
  });

  it('is named if nothing listens there', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    through({ HTTPS_PROXY: `http://bob:secret@127.0.0.1:${port}` });
    const { code, err } = await login();
    expect(code).toBe(4);
    expect(err).toContain(
      `the proxy http://127.0.0.1:${port} cannot be reached: connection refused\n  Check HTTPS_PROXY. If you reach gate.test without a proxy, add it to NO_PROXY.`,
    );
    expect(err).not.toContain('secret');
  });

  it('is refused if its address is not one, without repeating it', async () => {
    through({ HTTPS_PROXY: 'socks5://bob:secret@127.0.0.1:1' });
    const { code, err } = await login();
    expect(code).toBe(2);
    expect(err).toContain('HTTPS_PROXY names a proxy for socks5, which is not supported');
    expect(err).not.toContain('secret');
  });
});
