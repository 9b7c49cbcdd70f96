import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Decrypter } from 'age-encryption';
import { chunkBytes } from '../format/part-layout.ts';
import { concatBytes } from './concat-bytes.ts';

const sealedChunkBytes = chunkBytes + 16;
const nonceBytes = 16;

/** Returns where the header of an age file ends: after the line with its MAC. */
function headerLength(file: Uint8Array): number {
  // A header has some hundred bytes for each recipient.
  const text = new TextDecoder('latin1').decode(file.subarray(0, 65_536));
  const end = text.indexOf('\n', text.indexOf('\n--- ') + 1);
  if (!text.startsWith('age-encryption.org/v1\n') || end === -1) throw new Error('it is not an age file');
  return end + 1;
}

async function derivePayloadKey(fileKey: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  const secret = await crypto.subtle.importKey('raw', fileKey as Uint8Array<ArrayBuffer>, 'HKDF', false, [
    'deriveBits',
  ]);
  const info = new TextEncoder().encode('payload');
  const salt = nonce as Uint8Array<ArrayBuffer>;
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, secret, 256));
}

function openChunk(key: Uint8Array, count: number, sealed: Uint8Array, isLast: boolean): Uint8Array | undefined {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, count);
  nonce[11] = isLast ? 1 : 0;
  try {
    return chacha20poly1305(key, nonce).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/**
 * Opens an age file that may be cut anywhere, which age-encryption does not: it drops whole chunks that it has not given
 * out when it comes to the cut. `isWhole` if the last chunk is there. Throws if no identity opens the file.
 */
export async function openAgeFile(
  decrypter: Decrypter,
  file: Uint8Array,
): Promise<{ text: Uint8Array; isWhole: boolean }> {
  const start = headerLength(file);
  const fileKey = await decrypter.decryptHeader(file.subarray(0, start));
  const key = await derivePayloadKey(fileKey, file.subarray(start, start + nonceBytes));
  const texts: Uint8Array[] = [];
  for (let at = start + nonceBytes, count = 0; at < file.length; at += sealedChunkBytes, count += 1) {
    const sealed = file.subarray(at, at + sealedChunkBytes);
    const last = at + sealedChunkBytes >= file.length ? openChunk(key, count, sealed, true) : undefined;
    if (last) return { text: concatBytes([...texts, last]), isWhole: true };
    const chunk = sealed.length === sealedChunkBytes ? openChunk(key, count, sealed, false) : undefined;
    if (!chunk) break;
    texts.push(chunk);
  }
  return { text: concatBytes(texts), isWhole: false };
}
