import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { prepareFiles } from './prepare-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-development-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const prepare = (now = Date.now()) =>
  prepareFiles({ directory, gatewayNames: ['localhost'], clusterNames: ['practice-cluster'], now: () => now });
const read = (name: string) => readFileSync(path.join(directory, name), 'utf8');

describe('the files of the development setup', () => {
  it('are written once, readable only by their owner, and then stay unchanged', async () => {
    const wrote = await prepare();
    expect(wrote).toEqual(
      expect.arrayContaining([
        'keys/proxy.pub',
        'oidc-client-secret',
        'cluster-token',
        'session-key',
        'tls/gateway.key',
        'tls/ca.crt',
      ]),
    );
    for (const name of wrote) expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(read('session-key'), 'base64')).toHaveLength(32);
    const before = wrote.map(read);
    expect(await prepare()).toEqual([]);
    expect(wrote.map(read)).toEqual(before);
  });

  it('have certificates for the given names, from an authority that clients can trust', async () => {
    await prepare();
    const authority = new X509Certificate(read('tls/ca.crt'));
    for (const [name, host] of [
      ['gateway', 'localhost'],
      ['cluster', 'practice-cluster'],
    ]) {
      const certificate = new X509Certificate(read(`tls/${name}.crt`));
      expect(certificate.checkHost(host!)).toBe(host);
      expect(certificate.verify(authority.publicKey)).toBe(true);
    }
  });

  it('are written again before a certificate expires, except for the keys', async () => {
    await prepare();
    const key = read('keys/proxy.pem');
    const certificate = read('tls/gateway.crt');
    await prepare(Date.now() + 364 * 24 * 3_600_000);
    expect(read('tls/gateway.crt')).not.toBe(certificate);
    expect(read('keys/proxy.pem')).toBe(key);
  });
});
