import { readBytes, type SpoolFile } from '@sallyport/spool';

const newline = 0x0a;

/**
 * Reads whole lines from `from` on: about `maxBytes`, or more if a line is longer. Returns nothing if there is no end of
 * a line before `end`.
 */
export async function readWholeLines(
  file: Pick<SpoolFile, 'read'>,
  { from, end, maxBytes }: { from: number; end: number; maxBytes: number },
): Promise<Buffer> {
  for (let length = maxBytes; ; length *= 2) {
    const bytes = await readBytes(file as SpoolFile, from, Math.max(0, Math.min(length, end - from)));
    const last = bytes.lastIndexOf(newline);
    if (last !== -1 || bytes.length < length) return bytes.subarray(0, last + 1);
  }
}

/** Returns the lines of a text that ends with one, and where each begins. */
export function* splitLines(bytes: Buffer): Generator<{ text: string; at: number }> {
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(newline, at);
    yield { text: bytes.toString('utf8', at, end), at };
    at = end + 1;
  }
}
