import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ownAuthority } from './own-authority.ts';

let directory: string;
let said: string[];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authority-'));
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const day = 86_400_000;
const open = (goodUntil = Date.now()) =>
  ownAuthority(directory, { name: 'test', onUnusable: (reason) => void said.push(reason), goodUntil });
const key = () => path.join(directory, 'tls/ca.key');

describe('the certificate authority in a directory', () => {
  it('stays the same in one directory, and issues new certificates that the first one verifies', async () => {
    const first = await open();
    const again = await open();
    expect(again.caPem).toBe(first.caPem);
    expect(readFileSync(path.join(directory, 'tls/ca.crt'), 'utf8')).toBe(first.caPem);
    expect(said).toEqual([]);
    const authority = new X509Certificate(first.caPem);
    const issued = new X509Certificate(
      (await again.issue({ commonName: 'gate', ipAddresses: ['127.0.0.1'], server: true })).certPem,
    );
    expect([issued.verify(authority.publicKey), issued.checkIssued(authority)]).toEqual([true, true]);
    expect(issued.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('keeps its key to its owner', async () => {
    await open();
    expect(statSync(key()).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(key())).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['its key is another', () => writeFileSync(key(), 'nonsense'), 'it cannot be read'],
    ['its certificate is gone', () => rmSync(path.join(directory, 'tls/ca.crt')), 'it cannot be read'],
    ['others could have copied its key', () => chmodSync(key(), 0o644), 'other users can read its key'],
  ])('is replaced, and says so, if %s', async (_what, spoil, why) => {
    const first = await open();
    spoil();
    const second = await open();
    expect(second.caPem).not.toBe(first.caPem);
    expect(said).toEqual([why]);
    expect(statSync(key()).mode & 0o777).toBe(0o600);
    expect((await open()).caPem).toBe(second.caPem);
  });

  it('is not replaced if whoever opens it refuses that', async () => {
    const first = await open();
    chmodSync(key(), 0o644);
    const refuse = (reason: string) => {
      throw new Error(reason);
    };
    const again = ownAuthority(directory, { name: 'test', onUnusable: refuse, goodUntil: 0 });
    await expect(again).rejects.toThrow('other users can read its key');
    chmodSync(key(), 0o600);
    expect((await open()).caPem).toBe(first.caPem);
  });

  it('is made anew if a process died before it had written the key', async () => {
    const first = await open();
    rmSync(key());
    const second = await open();
    expect(second.caPem).not.toBe(first.caPem);
    expect((await open()).caPem).toBe(second.caPem);
    expect(said).toEqual([]);
  });

  it('is replaced before it expires', async () => {
    const first = await open();
    const ends = new X509Certificate(first.caPem).validToDate.getTime();
    expect((await open(ends - day)).caPem).toBe(first.caPem);
    expect((await open(ends + day)).caPem).not.toBe(first.caPem);
    expect(said).toEqual(['it has expired or expires soon']);
  });
});
