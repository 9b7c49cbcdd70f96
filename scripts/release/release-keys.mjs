// Reads the keys of a release: the one that signs it, and those whose releases the command line will upgrade to.
import { createPrivateKey } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { readReleaseKey, releaseKeyLine } from '../../packages/cli/src/upgrade/minisign.ts';

const isBelow = (file, directory) => !path.relative(directory, file).startsWith('..');

function readSigningKey(root, file) {
  if (isBelow(realpathSync(file), realpathSync(root)))
    throw new Error(`the signing key ${file} is in the repository. Keep it elsewhere`);
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The message of OpenSSL says less.
  }
  throw new Error(`${file} is not an Ed25519 private key in PEM, without a passphrase`);
}

function readTrustedKey(file) {
  const text = readFileSync(file, 'utf8');
  if (readReleaseKey(text) === undefined) throw new Error(`${file} is not a public key of minisign`);
  return text.trim().split('\n').at(-1);
}

/**
 * Returns the private key that signs the release, if there is one, with its public key in base64 (`signedBy`), and the
 * public keys that go into the command line: its own and those of `trustedKeys`. Throws for a file that is not such a
 * key, and for a private key in the repository, from where it could be published.
 */
export function readReleaseKeys({ root, signingKey, trustedKeys = [] }) {
  const key = signingKey === undefined ? undefined : readSigningKey(root, signingKey);
  const signedBy = key === undefined ? undefined : releaseKeyLine(key);
  const own = signedBy === undefined ? [] : [signedBy];
  return { signingKey: key, signedBy, trusted: [...new Set([...own, ...trustedKeys.map(readTrustedKey)])] };
}
