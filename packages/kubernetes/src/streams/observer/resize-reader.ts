import type { ByteView } from './byte-view.ts';
import { StreamFault } from './stream-observer.ts';

/** The longest document with a size. kubectl writes about 30 bytes. */
const maxDocument = 1024;
const [quote, backslash, open, close] = Buffer.from('"\\{}');
const blanks: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n'));

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;

/** Returns the size in a document, whose names Go reads in any case. Absent ones are 0. */
function readSize(text: string): [columns: number, rows: number] {
  let document: object;
  try {
    document = JSON.parse(text) as object;
  } catch {
    throw new StreamFault('a size of the terminal that is not JSON');
  }
  const sizes = { width: 0, height: 0 };
  for (const [name, value] of Object.entries(document)) {
    const member = name.toLowerCase();
    if (member !== 'width' && member !== 'height') continue;
    if (!isSize(value)) throw new StreamFault('a size of the terminal that is not a number from 0 to 65535');
    sizes[member] = value;
  }
  return [sizes.width, sizes.height];
}

/** Creates the reader of a resize stream: JSON documents one after another, split anywhere. */
export function createResizeReader(resized: (columns: number, rows: number) => void): { push(view: ByteView): void } {
  let document: number[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;
  const take = (byte: number) => {
    if (depth === 0 && blanks.has(byte)) return;
    if (depth === 0 && byte !== open) throw new StreamFault('a size of the terminal that is not an object');
    if (document.length === maxDocument)
      throw new StreamFault(`a size of the terminal of more than ${maxDocument} bytes`);
    document.push(byte);
    if (inString) {
      if (!escaped && byte === quote) inString = false;
      escaped = !escaped && byte === backslash;
    } else if (byte === quote) inString = true;
    else if (byte === open) depth += 1;
    else if (byte === close) depth -= 1;
    if (depth > 0) return;
    const text = Buffer.from(document).toString();
    document = [];
    resized(...readSize(text));
  };
  return {
    push(view) {
      for (let index = 0; index < view.length; index += 1) take(view.at(index));
    },
  };
}
