/** A part of a text, and whether something is missing. */
type BoundText = { text: string; cut: boolean };

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

function firstBytes(bytes: Buffer, maxBytes: number): string {
  let end = maxBytes;
  while (isContinuation(bytes[end])) end -= 1;
  const lineEnd = bytes.lastIndexOf(10, end - 1) + 1;
  // Half a line is better than nothing of a text that has few line ends.
  return bytes.toString('utf8', 0, lineEnd > maxBytes / 2 ? lineEnd : end);
}

function lastBytes(bytes: Buffer, maxBytes: number): string {
  let start = bytes.length - maxBytes;
  while (isContinuation(bytes[start])) start += 1;
  const lineStart = bytes.indexOf(10, start) + 1;
  return bytes.toString('utf8', lineStart > 0 && lineStart < bytes.length - maxBytes / 2 ? lineStart : start);
}

/** Cuts a text to a number of UTF-8 bytes, at the end of a line where there is one, and keeps its beginning or its end. */
export function boundText(text: string, maxBytes: number, keep: 'beginning' | 'end' = 'beginning'): BoundText {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return { text, cut: false };
  return { text: keep === 'beginning' ? firstBytes(bytes, maxBytes) : lastBytes(bytes, maxBytes), cut: true };
}
