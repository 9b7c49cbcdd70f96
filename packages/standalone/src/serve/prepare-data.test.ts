import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema, type Config } from '@sallyport/contracts';
import { prepareCertificate } from './prepare-data.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-prepare-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const provider = { id: 'corp', issuer: 'https://idp.example.com', clientId: 'sallyport' };
/** A configuration whose clusters have these hosts. */
const configOf = (...hosts: string[]): Config =>
  configSchema.parse({
    gateway: { url: 'https://gate.example.com', tls: { certFile: 'gateway.pem', keyFile: 'gateway.pem' } },
    identity: { providers: [provider] },
    clusters: hosts.map((host, index) => ({ name: `c${index}`, host, server: 'https://10.0.0.1', token: 't' })),
  });
const file = (name: string) => path.join(directory, 'tls', name);
const certificate = () => new X509Certificate(readFileSync(file('gateway.pem')));
const prepare = (config = configOf(), now = Date.now()) => prepareCertificate(directory, config, () => now);
const day = 86_400_000;

describe('the certificate of a single process', () => {
  it('is issued once, for every host of the gateway', async () => {
    expect(await prepare(configOf('c.example.com'))).toBe(true);
    for (const host of ['gate.example.com', 'c.example.com', 'localhost'])
      expect(certificate().checkHost(host)).toBe(host);
    expect(certificate().checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate().verify(new X509Certificate(readFileSync(file('ca.crt'))).publicKey)).toBe(true);
    expect(await prepare(configOf('c.example.com'))).toBe(false);
  });

  it('is issued again for a new host, with the same authority', async () => {
    await prepare();
    const ca = readFileSync(file('ca.crt'), 'utf8');
    expect(await prepare(configOf('new.example.com'))).toBe(true);
    expect(certificate().checkHost('new.example.com')).toBe('new.example.com');
    expect(readFileSync(file('ca.crt'), 'utf8')).toBe(ca);
  });

  it('is issued again a month before it ends', async () => {
    await prepare();
    const ends = certificate().validToDate.getTime();
    expect(await prepare(configOf(), ends - 31 * day)).toBe(false);
    expect(await prepare(configOf(), ends - 29 * day)).toBe(true);
  });

  it.each([
    ['is empty', () => ''],
    ['has no key', (text: string) => text.slice(0, text.indexOf('-----BEGIN PRIVATE'))],
    ['is not PEM', () => 'nonsense'],
  ])('is issued again if its file %s', async (_what, spoil) => {
    await prepare();
    writeFileSync(file('gateway.pem'), spoil(readFileSync(file('gateway.pem'), 'utf8')));
    expect(await prepare()).toBe(true);
    expect(certificate().checkHost('gate.example.com')).toBe('gate.example.com');
  });

  it('is left alone if the authority cannot be used, and the error says what to do', async () => {
    await prepare();
    const before = ['ca.crt', 'ca.key', 'gateway.pem'].map((name) => readFileSync(file(name), 'utf8'));
    chmodSync(file('ca.key'), 0o644);
    await expect(prepare(configOf('new.example.com'))).rejects.toThrow(
      /other users can read its key; restore it from a backup, or delete .*ca\.key and tell people the new fingerprint/,
    );
    expect(['ca.crt', 'ca.key', 'gateway.pem'].map((name) => readFileSync(file(name), 'utf8'))).toEqual(before);
  });
});
