import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { Decrypter } from 'age-encryption';
import type { Frame } from '../format/frame.ts';
import type { PartFileKind } from '../format/names.ts';
import { tailHeaderBytes } from '../format/part-layout.ts';
import { concatBytes } from './concat-bytes.ts';
import { openAgeFile } from './open-age-file.ts';
import { parseFrames } from './parse-frames.ts';

/** A part as it was opened. `isCut`: nothing closed it, so that only what was written before is there. */
export type OpenedPart = { frames: Frame[]; isCut: boolean };

/** Adds to the text of a part what the tail has beyond it, up to a record that is not whole. */
function addTail(text: Uint8Array, tail: Uint8Array, key: Uint8Array): Uint8Array {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const texts = [text];
  let length = text.length;
  for (let at = 0; tail.length - at >= tailHeaderBytes;) {
    const [end, offset] = [at + tailHeaderBytes + view.getUint32(at), view.getUint32(at + 4)];
    if (end > tail.length) break;
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(8, offset);
    const bytes = chacha20poly1305(key, nonce).decrypt(tail.subarray(at + tailHeaderBytes, end));
    // A record that is in a whole chunk as well was not deleted yet.
    if (offset > length) break;
    if (offset === length) {
      texts.push(bytes);
      length += bytes.length;
    }
    at = end;
  }
  return concatBytes(texts);
}

/** Opens the files of one part. Throws if no identity opens them, or if they are damaged. */
export async function openPart(
  files: Partial<Record<PartFileKind, Uint8Array>>,
  identities: readonly string[],
): Promise<OpenedPart> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const { age, tail, 'key.age': keyFile } = files;
  if (!age) throw new Error('the file of the part is missing');
  const { text, isWhole } = await openAgeFile(decrypter, age);
  // A process that was killed may have left the tail of a part that is whole.
  if (isWhole) return { frames: parseFrames(text), isCut: false };
  const hasTail = tail && keyFile && tail.length > 0;
  return { frames: parseFrames(hasTail ? addTail(text, tail, await decrypter.decrypt(keyFile)) : text), isCut: true };
}
