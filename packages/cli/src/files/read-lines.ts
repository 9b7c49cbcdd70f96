/** A line, or the size in bytes of a line that was skipped because it was too long. `number` counts from 1. */
export type Line = { number: number; text: string } | { number: number; tooLong: number };

const newline = 0x0a;

/** Splits bytes into batches of lines. Never holds more than a chunk and one line in memory. Skips empty lines. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line[]> {
  let number = 0;
  let pending: Buffer[] = [];
  let size = 0;
  const finish = (last: Buffer): Line | undefined => {
    number += 1;
    const length = size + last.length;
    const parts = pending;
    [pending, size] = [[], 0];
    if (length > maxBytes) return { number, tooLong: length };
    const text = (parts.length === 0 ? last : Buffer.concat([...parts, last])).toString('utf8').trim();
    return text === '' ? undefined : { number, text };
  };
  for await (const part of bytes) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = finish(chunk.subarray(start, end));
      if (line) lines.push(line);
      start = end + 1;
    }
    const rest = chunk.length - start;
    // Once a line is too long, its bytes are counted but not kept.
    if (rest > 0 && size <= maxBytes) pending.push(Buffer.from(chunk.subarray(start)));
    size += rest;
    if (lines.length > 0) yield lines;
  }
  if (size > 0) {
    const line = finish(Buffer.alloc(0));
    if (line) yield [line];
  }
}
