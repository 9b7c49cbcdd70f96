/**
 * Text with all its percent-escapes decoded. `starts` has the position in the original of each character, followed by
 * the length of the original.
 */
type FullyDecoded = { readonly text: string; readonly starts: Uint32Array };

const percent = 0x25;

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Decodes until nothing is left to decode: also escapes of escapes, and escapes whose digits are escaped, which readers
 * that decode more than once would see. Malformed escapes stay. A byte becomes one character. The time is linear in the
 * length, because every decoded escape removes two characters.
 */
export function decodeFully(text: string): FullyDecoded {
  const codes = new Uint16Array(text.length);
  const starts = new Uint32Array(text.length + 1);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    codes[length] = text.charCodeAt(index);
    starts[length] = index;
    length += 1;
    while (length >= 3 && codes[length - 3] === percent) {
      const [high, low] = [hexValue(codes[length - 2]!), hexValue(codes[length - 1]!)];
      if (high < 0 || low < 0) break;
      length -= 2;
      codes[length - 1] = high * 16 + low;
    }
  }
  starts[length] = text.length;
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), starts };
}
