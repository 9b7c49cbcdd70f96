import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, getCiphers, type ConnectionOptions } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configSchema, defaultTlsProfile, type TlsProfile } from '@sallyport/contracts';
import { createInternalServer, tlsOptions, type LoadedConfig } from '@sallyport/kit';
import { rsa, server, serverKey } from '../testing/client-certificates.ts';
import { createGatewayServer } from './create-gateway-server.ts';

const ecdsa = { cert: server, key: serverKey };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(
  profile: TlsProfile = defaultTlsProfile,
  pair = ecdsa,
): Promise<{ port: number; listener: Server }> {
  const listener = createGatewayServer({
    tls: { ...pair, profile },
    isOwn: () => true,
    recordUnparsable: () => {},
    answerOwn: () => {},
  } as unknown as Parameters<typeof createGatewayServer>[0]) as Server;
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  closing.push(() => void listener.close());
  await once(listener, 'listening');
  return { port: (listener.address() as AddressInfo).port, listener };
}

type Agreed = { protocol: string | null; suite: string; group: string };

/** Returns what the handshake with a client that offers this agrees on. Undefined if it fails. */
function agree(port: number, options: ConnectionOptions): Promise<Agreed | undefined> {
  return new Promise((resolve, reject) => {
    try {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
        const { name = '', type = '' } = socket.getEphemeralKeyInfo() as { name?: string; type?: string };
        resolve({
          protocol: socket.getProtocol(),
          suite: socket.getCipher().standardName,
          group: name === '' ? type : name,
        });
        socket.destroy();
      });
      socket.on('error', () => resolve(undefined));
    } catch (error) {
      if (/cipher|curve|ecdh/i.test((error as Error).message)) return resolve(undefined); // this client cannot even offer it
      reject(error as Error);
    }
  });
}

const older = getCiphers()
  .filter((name) => !name.startsWith('tls_'))
  .map((name) => name.toUpperCase());
const suitesOf = async (port: number) => {
  const found = new Set<string>();
  for (const name of older) {
    const agreed = await agree(port, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: `${name}:@SECLEVEL=0` });
    if (agreed) found.add(agreed.suite);
  }
  return [...found].toSorted();
};
const groups = [
  'X25519MLKEM768',
  'SecP256r1MLKEM768',
  'X25519',
  'X448',
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'secp256k1',
  'brainpoolP256r1',
  'sect283k1',
  'ffdhe2048',
  'ffdhe3072',
];
const groupsOf = async (port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3') => {
  const found: string[] = [];
  for (const group of groups)
    if (await agree(port, { maxVersion, minVersion: maxVersion, ecdhCurve: group, ciphers: 'DEFAULT:@SECLEVEL=0' }))
      found.push(group);
  return found;
};

/** Returns the cipher suites of the profile that a certificate with such a key can serve. */
const intermediate = (key: 'ECDSA' | 'RSA') =>
  ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'].map(
    (name) => `TLS_ECDHE_${key}_WITH_${name}`,
  );

describe("the TLS of the gateway's listener", () => {
  it("is Mozilla's intermediate profile and nothing else", async () => {
    const { port } = await listen(defaultTlsProfile, rsa);
    expect(await suitesOf((await listen()).port)).toEqual(intermediate('ECDSA'));
    expect(older.length).toBeGreaterThan(30);
    expect(await suitesOf(port)).toEqual(intermediate('RSA'));
    expect(await groupsOf(port, 'TLSv1.2')).toEqual(['X25519', 'prime256v1', 'secp384r1']);
    expect(await groupsOf(port, 'TLSv1.3')).toEqual(['X25519MLKEM768', 'X25519', 'prime256v1', 'secp384r1']);
    for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])
      expect(await agree(port, { ciphers: suite })).toMatchObject({ protocol: 'TLSv1.3', suite });
    for (const suite of ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'])
      expect(await agree(port, { ciphers: suite, minVersion: 'TLSv1.3' })).toBeUndefined();
    for (const version of ['TLSv1', 'TLSv1.1'] as const)
      expect(
        await agree(port, { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }),
      ).toBeUndefined();
  });

  it('is the same after its certificate was renewed', async () => {
    const { port, listener } = await listen(defaultTlsProfile, rsa);
    listener.setSecureContext({ ...rsa, ...tlsOptions() });
    expect(await suitesOf(port)).toEqual(intermediate('RSA'));
    expect(await groupsOf(port, 'TLSv1.2')).toEqual(['X25519', 'prime256v1', 'secp384r1']);
  });

  it('can be narrowed', async () => {
    const { port } = await listen({ minVersion: 'TLSv1.3', ciphers: ['TLS_AES_256_GCM_SHA384'], curves: ['P-384'] });
    expect(await suitesOf(port)).toEqual([]);
    expect(await groupsOf(port, 'TLSv1.3')).toEqual(['secp384r1']);
    expect(await agree(port, { ciphers: 'TLS_AES_128_GCM_SHA256' })).toBeUndefined();
    const old = await listen({
      minVersion: 'TLSv1.2',
      ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
      curves: ['P-256'],
    });
    expect(await suitesOf(old.port)).toEqual(['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384']);
    expect(await agree(old.port, { minVersion: 'TLSv1.3' })).toBeUndefined();
  });
});

describe('the TLS of a listener between the services', () => {
  it('is the same', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-tls-'));
    closing.push(() => rmSync(directory, { recursive: true }));
    writeFileSync(path.join(directory, 'c'), rsa.cert);
    writeFileSync(path.join(directory, 'k'), rsa.key);
    const loaded = {
      config: { services: { authorize: { certFile: 'c', tlsKeyFile: 'k' } } },
      resolvePath: (file: string) => path.join(directory, file),
    } as unknown as LoadedConfig;
    const internal = createInternalServer({ loaded, service: 'authorize', handler: () => {} });
    internal.on('tlsClientError', () => {});
    closing.push(() => void internal.close());
    internal.listen(0, '127.0.0.1');
    await once(internal, 'listening');
    const { port } = internal.address() as AddressInfo;
    expect(await suitesOf(port)).toEqual(intermediate('RSA'));
    expect(await groupsOf(port, 'TLSv1.3')).toEqual(['X25519MLKEM768', 'X25519', 'prime256v1', 'secp384r1']);
  });
});

describe("the gateway's listener", () => {
  it('negotiates HTTP/1.1 only, unless HTTP/2 is switched on', async () => {
    const { port } = await listen();
    const alpn = (...protocols: string[]) =>
      new Promise<string | false | null>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: protocols }, () => {
          resolve(socket.alpnProtocol);
          socket.destroy();
        }).on('error', () => resolve(null));
      });
    expect([await alpn('h2', 'http/1.1'), await alpn('h2')]).toEqual(['http/1.1', null]);
    expect(configSchema.parse({ gateway: { url: 'http://gate' } }).gateway.http2).toBe(false);
  });
});

describe('gateway.tls', () => {
  const faults = (tls: object) => {
    const { error } = configSchema.safeParse({
      gateway: { url: 'https://gate', tls: { certFile: 'c', keyFile: 'k', ...tls } },
    });
    return error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  };

  it('has the whole profile unless it is narrowed', () => {
    expect(
      configSchema.parse({ gateway: { url: 'https://gate', tls: { certFile: 'c', keyFile: 'k' } } }).gateway.tls,
    ).toMatchObject(defaultTlsProfile);
    expect(faults({ minVersion: 'TLSv1.3', ciphers: ['TLS_AES_128_GCM_SHA256'], curves: ['X25519'] })).toEqual([]);
    expect(faults({ ciphers: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] })).toEqual([]);
  });

  it.each([
    [{ minVersion: 'TLSv1.1' }, /^gateway\.tls\.minVersion: .*TLSv1\.2/],
    [{ ciphers: ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'] }, /^gateway\.tls\.ciphers\.0: .*AES_128_GCM/],
    [{ ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] }, /^gateway\.tls\.ciphers\.0: .*TLS_ECDHE_RSA/],
    [{ ciphers: [] }, /ciphers: is empty/],
    [{ curves: ['P-521'] }, /^gateway\.tls\.curves\.0: .*P-384/],
    [{ curves: [] }, /curves: is empty/],
    [{ curves: ['P-256', 'P-256'] }, /curves: lists a curve twice/],
    [{ minVersion: 'TLSv1.3', ciphers: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }, /ciphers: has no TLS 1\.3 suite/],
  ])('refuses %j', (tls, words) => {
    expect(faults(tls)).toEqual([expect.stringMatching(words)]);
  });
});
