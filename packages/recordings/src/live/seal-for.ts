import { chunkBytes } from '../format/part-layout.ts';
import { beginAgeFile } from '../seal/age-header.ts';
import { createAgePayload } from '../seal/age-payload.ts';
import { parseRecipient } from '../seal/age-recipient.ts';
import { sealTagBytes } from '../seal/seal-chunk.ts';

/** Seals bytes, of which there must be some, as an age file for one public key. Throws if it is none. */
export function sealFor(recipient: string, bytes: Uint8Array): Buffer {
  const { header, payloadKey } = beginAgeFile([parseRecipient(recipient)]);
  const payload = createAgePayload(payloadKey);
  const sealed = [header];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const text = bytes.subarray(at, at + chunkBytes);
    const chunk = Buffer.allocUnsafe(text.length + sealTagBytes);
    payload.seal(text, at + chunkBytes >= bytes.length, chunk);
    sealed.push(chunk);
  }
  payload.wipe();
  return Buffer.concat(sealed);
}
