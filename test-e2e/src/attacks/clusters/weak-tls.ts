import { getCiphers, connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const profile =
  /^TLS_(?:(?:AES_128_GCM|AES_256_GCM)_SHA(?:256|384)|CHACHA20_POLY1305_SHA256|ECDHE_(?:ECDSA|RSA)_WITH_(?:AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256))$/;

/** Returns the suite that the gateway negotiates with a client that offers only this one, or undefined. */
function suiteFor(options: ConnectionOptions): Promise<string | undefined> {
  const { url, caPem } = attackFixture().gateway;
  return new Promise((resolve) => {
    try {
      const socket = tlsConnect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: caPem, ...options }, () => {
        resolve(socket.getCipher().standardName);
        socket.destroy();
      });
      socket.on('error', () => resolve(undefined));
    } catch {
      // this client cannot offer it
      resolve(undefined);
    }
  });
}

export function attackWeakTls(): void {
  describe('S39: a client that offers weak suites or curves of TLS', () => {
    it('gets none of them', async () => {
      const names = getCiphers()
        .filter((name) => !name.startsWith('tls_'))
        .map((name) => name.toUpperCase());
      expect(names.length).toBeGreaterThan(30);
      const taken = new Set<string | undefined>();
      for (const name of names) taken.add(await suiteFor({ maxVersion: 'TLSv1.2', ciphers: `${name}:@SECLEVEL=0` }));
      taken.delete(undefined);
      expect([...taken].filter((suite) => !profile.test(suite!))).toEqual([]);
      expect(taken.size).toBe(3);
      expect(
        await suiteFor({
          ciphers:
            'AES128-SHA:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-CAMELLIA128-SHA256:ECDHE-ECDSA-ARIA128-GCM-SHA256:@SECLEVEL=0',
          maxVersion: 'TLSv1.2',
        }),
      ).toBeUndefined();
    });

    it.each(['secp521r1', 'secp256k1', 'X448', 'brainpoolP256r1', 'ffdhe2048'])('(%s) is refused', async (curve) => {
      expect(await suiteFor({ ecdhCurve: curve, minVersion: 'TLSv1.3' })).toBeUndefined();
      expect(await suiteFor({ ecdhCurve: `${curve}:P-256`, minVersion: 'TLSv1.3' })).toMatch(profile);
    });

    it.each(['X25519MLKEM768', 'X25519', 'P-256', 'P-384'])('(%s) is accepted', async (curve) => {
      expect(await suiteFor({ ecdhCurve: curve, minVersion: 'TLSv1.3' })).toMatch(profile);
    });
  });
}
