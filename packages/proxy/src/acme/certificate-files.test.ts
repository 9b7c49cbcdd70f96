import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import { server, serverKey, stranger } from '../testing/client-certificates.ts';
import { acmeDirectoryOf, openCertificateFiles } from './certificate-files.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'sallyport-acme-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const open = () => openCertificateFiles(path.join(data, 'acme', 'ca.example'));
const at = (name: string) => path.join(data, 'acme', 'ca.example', name);
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
const key = createPrivateKey(serverKey);

describe('the files of an ACME server', () => {
  it('are for their owner alone', async () => {
    const files = open();
    await files.accountKey();
    await files.write(server, key, ['localhost']);
    await files.writeRefusals({ at: [1], waitUntil: 2, issuedAt: 3 });
    expect(modeOf(path.join(data, 'acme'))).toBe('700');
    expect(modeOf(at('.'))).toBe('700');
    expect(readdirSync(at('.')).map((name) => `${name} ${modeOf(at(name))}`)).toEqual([
      'account.pem 600',
      'certificate.pem 600',
      'refusals.json 600',
    ]);
  });

  it('come back as they were written', async () => {
    const account = await open().accountKey();
    expect(createPublicKey(await open().accountKey()).equals(createPublicKey(account))).toBe(true);
    expect(open().read()).toBeUndefined();
    const { pem } = await open().write(server, key, ['localhost']);
    expect(open().read()?.pem).toBe(pem);
    expect(pem.indexOf('BEGIN CERTIFICATE')).toBeLessThan(pem.indexOf('BEGIN PRIVATE KEY'));
    await open().writeRefusals({ at: [1, 2], waitUntil: 3, issuedAt: 4 });
    expect(open().refusals()).toEqual({ at: [1, 2], waitUntil: 3, issuedAt: 4 });
  });

  it('stay whole if a process ends while it writes', async () => {
    const { pem } = await open().write(server, key, ['localhost']);
    writeFileSync(at('certificate.pem.new'), pem.slice(0, 100), { mode: 0o644 });
    expect(open().read()?.pem).toBe(pem);
    await open().write(server, key, ['localhost']);
    expect(existsSync(at('certificate.pem.new'))).toBe(false);
    expect(modeOf(at('certificate.pem'))).toBe('600');
  });

  it('never take a certificate of another key, or one that lacks a name', async () => {
    const { pem } = await open().write(server, key, ['localhost']);
    await expect(open().write(stranger, key, [])).rejects.toThrow('the private key is of another certificate');
    await expect(open().write(server, key, ['localhost', 'gate.example.com'])).rejects.toThrow(
      'lacks one of the names',
    );
    await expect(open().write('<html>', key, [])).rejects.toThrow('the certificate that it issued cannot be used');
    expect(readFileSync(at('certificate.pem'), 'utf8')).toBe(pem);
  });

  it('count as absent if they are damaged, but for the account, which is never replaced silently', async () => {
    await open().accountKey();
    for (const name of ['certificate.pem', 'refusals.json', 'account.pem']) writeFileSync(at(name), '{"at":"x"}');
    expect(open().read()).toBeUndefined();
    expect(open().refusals()).toEqual({ at: [], waitUntil: 0, issuedAt: 0 });
    await expect(open().accountKey()).rejects.toThrow(/account\.pem is not a private key\. Remove the file/);
  });

  it('are in a directory of each server', () => {
    const of = (directory: string) =>
      acmeDirectoryOf({
        config: configSchema.parse({
          gateway: { url: 'https://gate', tls: { acme: { directory, agreeToTerms: true } } },
          data: 'd',
        }),
        resolvePath: (file) => `/etc/${file}`,
      });
    const all = [
      'https://acme-v02.api.letsencrypt.org/directory',
      'https://acme-staging-v02.api.letsencrypt.org/directory',
      'https://ca.example:9000/acme/../acme/one/directory',
      'https://ca.example:9000/acme/two/directory',
    ].map(of);
    expect(all[0]).toBe('/etc/d/acme/acme-v02.api.letsencrypt.org-directory');
    expect(all[2]).toBe('/etc/d/acme/ca.example-9000-acme-one-directory');
    expect(new Set(all).size).toBe(4);
  });
});
