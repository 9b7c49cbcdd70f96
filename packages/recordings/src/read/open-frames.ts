import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Frame } from '../format/frame.ts';
import { openAgeFile } from './open-age-file.ts';
import { parseFrames } from './parse-frames.ts';

/** What opens the frames that are sealed for one reader, for as long as they watch. */
export type FrameOpener = { recipient: string; open(sealed: Uint8Array): Promise<Frame[]> };

/** Makes a pair of keys that never leaves the process. `open` throws for what is not sealed for it, or is not whole. */
export async function createFrameOpener(): Promise<FrameOpener> {
  const identity = await generateX25519Identity();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return {
    recipient: await identityToRecipient(identity),
    async open(sealed) {
      const { text, isWhole } = await openAgeFile(decrypter, sealed);
      if (!isWhole) throw new Error('it is damaged');
      return parseFrames(text);
    },
  };
}
