import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as netConnect } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { createServiceIdentity } from '@sallyport/kit';
import { parse } from 'yaml';
import { httpRequestOnce } from '../../harness/index.ts';
import { quickly } from './limits.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

/** Returns the result of a TLS handshake: the negotiated protocol and ALPN, or the error. */
function shakeHands(options: ConnectionOptions): Promise<string> {
  const { url, caPem } = attackFixture().gateway;
  return new Promise((resolve) => {
    const socket: TLSSocket = tlsConnect(
      { host: '127.0.0.1', port: Number(new URL(url).port), ca: caPem, ...options },
      () => {
        resolve(`${socket.getProtocol()} ${String(socket.alpnProtocol)}`);
        socket.destroy();
      },
    );
    socket.on('error', (error) => resolve(`refused: ${(error as { code?: string }).code ?? error.message}`));
  });
}

/** A captured credential, and since when it is worthless, by the clock of this machine. */
let captured: { credential: string; worthlessAt: number };

async function askWithCaptured(): Promise<number> {
  const { services } = parse(readFileSync(attackFixture().gateway.configFile, 'utf8')) as {
    services: { authorize: { url: string } };
  };
  const headers = { authorization: captured.credential };
  return (await httpRequestOnce(`${services.authorize.url}/v1/policy`, { headers })).status;
}

/** Uses a credential of the proxy in time. It has ten seconds left, and the service tolerates five of clock skew. */
export async function captureCredential(): Promise<void> {
  const key = createPrivateKey(readFileSync(path.join(attackFixture().gateway.directory, 'keys', 'proxy.pem')));
  const mintedAt = Date.now() - 50_000;
  const identity = createServiceIdentity({ name: 'proxy', privateKey: key, now: () => mintedAt });
  captured = { credential: await identity.credentialFor('authorize'), worthlessAt: mintedAt + 60_000 + 5_000 };
  expect(await askWithCaptured()).toBe(200);
}

export function attackWires(): void {
  describe('S14: a service credential that was captured on the network', () => {
    it('is worthless after its minute, even if the service has seen it in time', async () => {
      await pause(Math.max(0, captured.worthlessAt + 1000 - Date.now()));
      expect(await askWithCaptured()).toBe(401);
    });

    it('is in no response to a caller of the gateway, whatever fails on the way', async () => {
      const { gateway, tokens } = attackFixture();
      for (const where of [
        '/.sallyport/api/v1/audit?limit=x',
        '/.sallyport/api/v1/policy',
        '/.sallyport/api/v1/none',
        '/.sallyport/me?x=%zz',
      ]) {
        const { text, rawHeaders } = await gateway.request(where, { token: tokens.bob });
        expect(`${text}${rawHeaders.join()}`).not.toMatch(/Sallyport-Service|eyJ/);
      }
    });
  });

  describe("S15: the gateway's port", () => {
    it.each([
      ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }],
      ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }],
    ] as const)('does not speak %s', async (_what, options) => {
      expect(await shakeHands({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(/^refused/);
    });

    it('negotiates only HTTP/2 and HTTP/1.1', async () => {
      expect(await shakeHands({ ALPNProtocols: ['http/1.1'] })).toMatch(/^TLSv1\.[23] http\/1\.1$/);
      expect(await shakeHands({ ALPNProtocols: ['h2', 'http/1.1'] })).toMatch(/^TLSv1\.[23] h2$/);
      expect(await shakeHands({ ALPNProtocols: ['h3', 'h2c', 'spdy/3.1'] })).toMatch(/^refused/);
      expect(await shakeHands({ ciphers: 'NULL-SHA256:aNULL:eNULL@SECLEVEL=0', maxVersion: 'TLSv1.2' })).toMatch(
        /^refused/,
      );
    });

    it.each([
      ['plain HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['SSH', 'SSH-2.0-x\r\n'],
      ['half a handshake', '\x16\x03\x01\x02\x00\x01'],
      ['noise', '\x00'.repeat(5000)],
    ])('does not respond to %s, and continues', async (_what, bytes) => {
      const socket = netConnect(Number(new URL(attackFixture().gateway.url).port), '127.0.0.1');
      const got: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => got.push(chunk)).on('error', () => {});
      socket.write(Buffer.from(bytes, 'latin1'));
      await new Promise((resolve) => {
        setTimeout(resolve, 300);
      });
      expect(Buffer.concat(got).toString('latin1')).not.toMatch(/HTTP\/1/);
      socket.destroy();
      await quickly();
    });

    it('does not allow endless renegotiation', async () => {
      const { url, caPem } = attackFixture().gateway;
      const socket = tlsConnect({
        host: '127.0.0.1',
        port: Number(new URL(url).port),
        ca: caPem,
        maxVersion: 'TLSv1.2',
      });
      const outcome = await new Promise<string>((resolve) => {
        let times = 0;
        // The callback of a refused renegotiation is never called.
        let waiting: NodeJS.Timeout | undefined;
        const again = () => {
          clearTimeout(waiting);
          waiting = setTimeout(() => resolve('refused'), 5000);
          times += 1;
          if (times > 20) return resolve('endless');
          if (!socket.renegotiate({}, (error) => (error ? resolve('refused') : again()))) resolve('refused');
        };
        socket.on('secureConnect', again);
        for (const event of ['error', 'close', 'end']) socket.on(event, () => resolve('refused'));
      });
      socket.destroy();
      expect(outcome).toBe('refused');
      await quickly();
    });
  });
}
