import { createHmac, createPrivateKey, createPublicKey, diffieHellman, randomFillSync } from 'node:crypto';
import type { AgeRecipient } from './age-recipient.ts';
import { sealChunk, sealTagBytes } from './seal-chunk.ts';

/** The PKCS #8 form of an X25519 private key (RFC 8410), without its last 32 bytes, which are the key. */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

const hmac = (key: Buffer, ...data: (Buffer | string)[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of data) mac.update(part);
  return mac.digest();
};

/**
 * Derives 32 bytes (HKDF with SHA-256, RFC 5869). `hkdfSync` of Node.js leaves a copy of the secret in memory until it is
 * collected, and this does not.
 */
function hkdf(secret: Buffer, salt: Buffer, info: string): Buffer {
  const intermediate = hmac(salt, secret);
  const key = hmac(intermediate, info, '\x01');
  intermediate.fill(0);
  return key;
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** Seals the file key for one recipient. The private key is for this one time, and is wiped with the key made from it. */
function sealFileKey(fileKey: Buffer, recipient: AgeRecipient): string {
  const pkcs8 = Buffer.alloc(pkcs8Prefix.length + 32);
  pkcs8Prefix.copy(pkcs8);
  randomFillSync(pkcs8, pkcs8Prefix.length);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  const share = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const secret = diffieHellman({ privateKey, publicKey: recipient.key });
  const wrapKey = hkdf(secret, Buffer.concat([share, recipient.bytes]), 'age-encryption.org/v1/X25519');
  const body = Buffer.alloc(fileKey.length + sealTagBytes);
  sealChunk(wrapKey, Buffer.alloc(12), fileKey, body);
  for (const key of [secret, wrapKey]) key.fill(0);
  return `-> X25519 ${base64(share)}\n${base64(body)}\n`;
}

/**
 * Begins an age file (C2SP age v1): returns its header with the nonce, and the key of its payload. The caller wipes the
 * key after its last use.
 */
export function beginAgeFile(recipients: readonly AgeRecipient[]): { header: Buffer; payloadKey: Buffer } {
  // Not randomBytes, which leaves copies.
  const fileKey = randomFillSync(Buffer.alloc(16));
  const stanzas = recipients.map((recipient) => sealFileKey(fileKey, recipient)).join('');
  const text = `age-encryption.org/v1\n${stanzas}---`;
  const macKey = hkdf(fileKey, Buffer.alloc(0), 'header');
  const nonce = randomFillSync(Buffer.alloc(16));
  const payloadKey = hkdf(fileKey, nonce, 'payload');
  const header = Buffer.concat([Buffer.from(`${text} ${base64(hmac(macKey, text))}\n`), nonce]);
  for (const key of [fileKey, macKey]) key.fill(0);
  return { header, payloadKey };
}
