import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

// The format of minisign (https://jedisct1.github.io/minisign/): Ed25519 over the BLAKE2b-512 of the file. An older form
// signs the file itself, under the algorithm "Ed". It is not accepted.
const keyAlgorithm = Buffer.from('Ed');
const signatureAlgorithm = Buffer.from('ED');
const [algorithmBytes, idBytes, keyBytes, signatureBytes] = [2, 8, 32, 64];

const blake2b = (bytes: Uint8Array) => createHash('blake2b512').update(bytes).digest();

/** A public key for signatures. The eight bytes of `id` are in each signature, so that its key is found. */
export type ReleaseKey = { id: Buffer; key: KeyObject };

/** Decodes base64 that has exactly one spelling and the given length. Returns undefined for anything else. */
function decode(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}

/** Reads the key in a file such as `minisign.pub`, or its line in base64. Returns undefined for anything else. */
export function readReleaseKey(text: string): ReleaseKey | undefined {
  const line = /^(?:untrusted comment: [^\n]*\n)?([A-Za-z0-9+/=]+)\n?$/.exec(text)?.[1] ?? '';
  const bytes = decode(line, algorithmBytes + idBytes + keyBytes);
  if (bytes === undefined || !bytes.subarray(0, algorithmBytes).equals(keyAlgorithm)) return undefined;
  const x = bytes.subarray(algorithmBytes + idBytes).toString('base64url');
  return {
    id: bytes.subarray(algorithmBytes, algorithmBytes + idBytes),
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  };
}

/** Returns the public half of a private key, as the line in base64 that a file such as `minisign.pub` has. */
export function releaseKeyLine(privateKey: KeyObject): string {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url');
  return Buffer.concat([keyAlgorithm, blake2b(raw).subarray(0, idBytes), raw]).toString('base64');
}

/** Returns the content of `minisign.pub` for a key. minisign shows the id as a number, whose lowest byte comes first. */
export function releaseKeyFile(line: string): string {
  const id = Buffer.from(readReleaseKey(line)!.id).reverse().toString('hex').toUpperCase();
  return `untrusted comment: minisign public key ${id}\n${line}\n`;
}

/** Signs a file and a comment of one line. Returns the signature file. */
export function signFile(file: Uint8Array, comment: string, privateKey: KeyObject): string {
  const { id } = readReleaseKey(releaseKeyLine(privateKey))!;
  const signature = sign(null, blake2b(file), privateKey);
  const both = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey);
  const line = Buffer.concat([signatureAlgorithm, id, signature]).toString('base64');
  return `untrusted comment: signature of a Sallyport release\n${line}\ntrusted comment: ${comment}\n${both.toString('base64')}\n`;
}

const signatureForm = /^untrusted comment: [^\n]*\n([A-Za-z0-9+/=]+)\ntrusted comment: ([^\n]*)\n([A-Za-z0-9+/=]+)\n?$/;

/** A signed comment, or why a signature does not count. `problem` has nothing of the files in it. */
type Verified = { comment: string } | { problem: string };

/**
 * Verifies the signature of a file with the keys that are trusted. Returns the trusted comment, which the same key has
 * signed together with the signature.
 */
export function verifyFile(file: Uint8Array, signatureFile: string, keys: readonly ReleaseKey[]): Verified {
  const [, line = '', comment = '', last = ''] = signatureForm.exec(signatureFile) ?? [];
  const head = decode(line, algorithmBytes + idBytes + signatureBytes);
  const both = decode(last, signatureBytes);
  if (head === undefined || both === undefined || !head.subarray(0, algorithmBytes).equals(signatureAlgorithm))
    return { problem: 'its signature is not one of minisign' };
  const id = head.subarray(algorithmBytes, algorithmBytes + idBytes);
  const signature = head.subarray(algorithmBytes + idBytes);
  const named = keys.filter((one) => one.id.equals(id));
  if (named.length === 0) return { problem: 'it is signed by a key that this program does not trust' };
  const digest = blake2b(file);
  const signed = Buffer.concat([signature, Buffer.from(comment)]);
  const isValid = named.some(({ key }) => verify(null, digest, key, signature) && verify(null, signed, key, both));
  return isValid ? { comment } : { problem: 'its signature is not valid' };
}
