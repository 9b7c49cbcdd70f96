import { StreamFault } from '../observer/stream-observer.ts';

const maxHeaders = 100;

/**
 * Reads an inflated header block (SPDY/3.1, 2.6.10): a count, then names and values after their lengths. Several values
 * of a name are one value with NULs in between. Throws StreamFault for a name that is empty, repeated or has capitals,
 * and for bytes after the last value, which Go's reader would take for the start of the next block.
 */
export function readHeaderBlock(block: Buffer): Map<string, string> {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new StreamFault('headers that end too early');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const string = (): string => {
    const length = number();
    if (length > block.length - at) throw new StreamFault('headers that end too early');
    at += length;
    return block.toString('latin1', at - length, at);
  };
  const count = number();
  if (count > maxHeaders) throw new StreamFault(`more than ${maxHeaders} headers`);
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const name = string();
    if (name === '' || /[^\x21-\x40\x5b-\x7e]/.test(name)) throw new StreamFault('a header name that is not allowed');
    if (headers.has(name)) throw new StreamFault('a header that appears twice');
    headers.set(name, string());
  }
  if (at !== block.length) throw new StreamFault('bytes after the headers');
  return headers;
}
