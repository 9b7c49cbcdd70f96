import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { releaseKeyFile, releaseKeyLine } from '../../packages/cli/src/upgrade/minisign.ts';
import { readReleaseKeys } from './release-keys.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-keys-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const root = path.join(scratch, 'repository');
mkdirSync(root);
const keep = (name, content) => {
  writeFileSync(path.join(scratch, name), content);
  return path.join(scratch, name);
};
const pem = (type, options) =>
  generateKeyPairSync(type, { ...options, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey;
const signingKey = keep('signing.pem', pem('ed25519'));
const other = releaseKeyLine(generateKeyPairSync('ed25519').privateKey);
const trustedKey = keep('other.pub', releaseKeyFile(other));

describe('the keys of a release', () => {
  it('are none, unless they are given', () => {
    expect(readReleaseKeys({ root })).toEqual({ trusted: [] });
  });

  it('are the one that signs it, and those of other releases', () => {
    const keys = readReleaseKeys({ root, signingKey, trustedKeys: [trustedKey, trustedKey] });
    expect(keys.signedBy).toBe(releaseKeyLine(keys.signingKey));
    expect(keys.trusted).toEqual([keys.signedBy, other]);
    expect(readReleaseKeys({ root, trustedKeys: [trustedKey] })).toEqual({ trusted: [other] });
  });

  it('are refused in the repository, also behind a link', () => {
    const inside = keep('repository/signing.pem', pem('ed25519'));
    symlinkSync(inside, path.join(scratch, 'link.pem'));
    for (const file of [inside, path.join(scratch, 'link.pem')])
      expect(() => readReleaseKeys({ root, signingKey: file })).toThrow('is in the repository');
  });

  it('are refused if they are of another kind, and no message repeats their content', () => {
    const rsa = keep('rsa.pem', pem('ec', { namedCurve: 'P-256' }));
    for (const file of [rsa, trustedKey, keep('empty.pem', ''), keep('text.pem', 'planted-secret')])
      expect(() => readReleaseKeys({ root, signingKey: file })).toThrow(`${file} is not an Ed25519 private key in PEM`);
    expect(() => readReleaseKeys({ root, trustedKeys: [signingKey] })).toThrow('is not a public key of minisign');
    expect(() => readReleaseKeys({ root, signingKey: path.join(scratch, 'missing.pem') })).toThrow('ENOENT');
  });
});
