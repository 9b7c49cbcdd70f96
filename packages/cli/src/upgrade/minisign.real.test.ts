import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeWithPrograms } from '../testing/describe-with-programs.ts';
import { readReleaseKey, releaseKeyFile, releaseKeyLine, signFile, verifyFile } from './minisign.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-minisign-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const text = Buffer.from('0123  a file\n');
const at = (name: string) => path.join(directory, name);
const minisign = (...args: string[]) => spawnSync('minisign', args, { cwd: directory, encoding: 'utf8', input: '' });

/** Writes the file, its signature and the public key of another key pair. Returns how `minisign -V` ends. */
function verifyThere(privateKey: KeyObject, signature: string) {
  writeFileSync(at('SUMS'), text);
  writeFileSync(at('SUMS.minisig'), signature);
  writeFileSync(at('minisign.pub'), releaseKeyFile(releaseKeyLine(privateKey)));
  const { status, stdout, stderr } = minisign('-V', '-p', 'minisign.pub', '-m', 'SUMS');
  return { status, stdout, stderr };
}

describeWithPrograms(['minisign', 'openssl'], 'a signature', () => {
  it('by a key of OpenSSL is verified by minisign itself, with its comment', () => {
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', at('key.pem')]);
    const key = createPrivateKey(readFileSync(at('key.pem'), 'utf8'));
    const { status, stdout } = verifyThere(key, signFile(text, 'sallyport 1.2.3', key));
    expect(stdout).toContain('Signature and comment signature verified\nTrusted comment: sallyport 1.2.3\n');
    expect(status).toBe(0);
  });

  it('is refused by minisign itself if its comment is another', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const forged = signFile(text, 'sallyport 1.2.3', privateKey).replace('sallyport 1.2.3', 'sallyport 9.9.9');
    expect(verifyThere(privateKey, forged)).toMatchObject({ status: 1, stderr: expect.stringContaining('Comment') });
  });

  it('that minisign itself made, is verified with its comment', () => {
    writeFileSync(at('SUMS'), text);
    expect(minisign('-G', '-W', '-p', 'minisign.pub', '-s', 'minisign.key')).toMatchObject({ status: 0 });
    expect(minisign('-S', '-s', 'minisign.key', '-t', 'sallyport 1.2.3', '-m', 'SUMS')).toMatchObject({ status: 0 });
    const key = readReleaseKey(readFileSync(at('minisign.pub'), 'utf8'))!;
    const signature = readFileSync(at('SUMS.minisig'), 'utf8');
    expect(verifyFile(text, signature, [key])).toEqual({ comment: 'sallyport 1.2.3' });
    expect(minisign('-S', '-l', '-s', 'minisign.key', '-m', 'SUMS')).toMatchObject({ status: 0 });
    expect(verifyFile(text, readFileSync(at('SUMS.minisig'), 'utf8'), [key])).toEqual({
      problem: 'its signature is not one of minisign',
    });
  });
});
