import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { eventually, httpRequestOnce } from '../../harness/index.ts';
import {
  expectNoLogin,
  expectRefusedLogin,
  loginFixture,
  logInAtProvider,
  statusAt,
  tokenAt,
} from '../fixtures/login-fixture.ts';

/** An internal server that must not be called. `asked` counts its requests. */
async function insidePlace() {
  const place = { asked: 0, port: 0, close: () => {} };
  const server = createServer((_request, response) => {
    place.asked += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  place.port = (server.address() as AddressInfo).port;
  place.close = () => void server.close();
  return place;
}

/**
 * The services cache the metadata of a provider for an hour, so only a new process has not fetched it yet. One that is told
 * to stop would wait for the idle connections of the proxy.
 */
const forget = () => loginFixture().gateway.processes!.restart('authenticate', 'SIGKILL');

/** A failure to reach a provider is cached for a second. */
const believedAgain = () =>
  eventually('logins at the provider', () =>
    tokenAt().then(
      () => true,
      () => false,
    ),
  );

function attackAddresses(): void {
  it.each([['token_endpoint'], ['jwks_uri']])(
    'that names an internal server (%s) causes no request to it',
    async (name) => {
      const { one } = loginFixture();
      const inside = await insidePlace();
      one.lies = { discovery: { [name]: `http://localhost:${inside.port}/x` } };
      await forget();
      await expectRefusedLogin(/cannot be reached|failed verification/);
      for (const address of [
        'http://169.254.169.254/latest/meta-data',
        'http://[::1]:6379/',
        'http://redis:6379/',
        'file:///etc/passwd',
        'http://user:pass@127.0.0.1/',
        'gopher://127.0.0.1/',
      ]) {
        one.lies = { discovery: { [name]: address } };
        await forget();
        await expectRefusedLogin(/cannot be reached|failed verification/);
      }
      expect(inside.asked).toBe(0);
      inside.close();
    },
  );

  it('that redirects is not followed', async () => {
    const { one } = loginFixture();
    const inside = await insidePlace();
    for (const path of ['/.well-known/openid-configuration', '/token', '/jwks']) {
      await forget();
      one.lies = {
        answer: (asked, response) => {
          if (asked !== path) return false;
          response.writeHead(302, { location: `http://127.0.0.1:${inside.port}/x` }).end();
          return true;
        },
      };
      await expectRefusedLogin(/cannot be reached|failed verification|refused/);
    }
    expect(inside.asked).toBe(0);
    inside.close();
  });

  it.each([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['no issuer', { issuer: undefined }],
    ['its issuer with a path', { issuer: 'http://127.0.0.1/x' }],
  ])('that claims to be %s is refused', async (_what, discovery) => {
    loginFixture().one.lies = { discovery };
    await forget();
    await expectRefusedLogin(/cannot be reached|failed verification/);
  });
}

function attackSize(): void {
  it('that never ends its response fills no memory and does not delay others', async () => {
    const { one } = loginFixture();
    await believedAgain();
    const { token } = await tokenAt('two');
    one.lies = {
      answer: (asked, response) => {
        if (asked !== '/token') return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        const pour = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', pour);
        };
        pour();
        return true;
      },
    };
    const failing = expectNoLogin(/cannot be reached|failed verification/);
    expect(await statusAt(token)).toBe(200);
    expect((await tokenAt('two')).user).toBe('alice@example.com');
    await failing;
  });

  it('with endless keys, or none, is asked for them a bounded number of times', async () => {
    const { one } = loginFixture();
    await believedAgain();
    const keys = () => one.calls.filter((path) => path === '/jwks').length;
    one.lies = { token: (claims) => one.sign({ alg: 'RS256', kid: `unknown-${Math.random()}` }, claims) };
    await expectNoLogin(/failed verification/);
    const before = keys();
    await Promise.all(Array.from({ length: 15 }, () => logInAtProvider()));
    // At most once a minute.
    expect(keys() - before).toBeLessThanOrEqual(1);
    await forget();
    one.lies = {
      jwks: () => ({
        keys: Array.from({ length: 3000 }, (_none, index) => ({
          kty: 'RSA',
          kid: `${index}`,
          n: 'x'.repeat(400),
          e: 'AQAB',
        })),
      }),
    };
    await expectNoLogin(/cannot be reached|failed verification/);
  });
}

export function attackProviders(): void {
  describe('A28: an identity provider', () => {
    attackAddresses();
    attackSize();

    it('that changes its keys is accepted with the new ones, and no longer with the old ones', async () => {
      const { one } = loginFixture();
      await believedAgain();
      const old = one.privateKey;
      one.rotate();
      // Keys are fetched again after a minute at the earliest, however many tokens have unknown ones (new-keys.slow.ts
      // waits for it).
      await expectNoLogin(/failed verification/);
      await forget();
      await expect(tokenAt()).resolves.toMatchObject({ user: 'alice@example.com' });
      one.lies = { token: (claims) => one.sign({ alg: 'RS256', kid: one.kid }, claims, old) };
      await expectNoLogin(/failed verification/);
    });

    it('that is down blocks logins but nothing else: sessions continue, logins report what is wrong, the services stay up', async () => {
      const { one, gateway } = loginFixture();
      await believedAgain();
      const { token } = await tokenAt();
      await forget();
      await one.down();
      await expectRefusedLogin(/cannot be reached/);
      expect(await statusAt(token)).toBe(200);
      expect((await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts['authenticate']}/livez`)).status).toBe(200);
      await one.up();
      await believedAgain();
      await expect(tokenAt()).resolves.toMatchObject({ user: 'alice@example.com' });
    });
  });
}
