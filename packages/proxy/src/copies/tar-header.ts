/** What a reader cannot or does not read. Its message contains nothing of the archive. */
export class TarFault extends Error {}

export const blockSize = 512;
/** The most bytes that a path may have on Linux. */
const maxPath = 4096;
/** The largest size that a header has room for in octal digits. */
const maxOctal = 0o77777777777;
const nothing = Buffer.alloc(0);

export type TarHeader = { type: string; path: Buffer; size: number };

/** What precedes an entry and says more about it: a long name of GNU, or a header of pax. */
export type EntryHints = { path?: Buffer; size?: number };

function field(block: Buffer, start: number, length: number): Buffer {
  const bytes = block.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** Reads octal digits, or the binary number that GNU writes if there is no room for them. */
function readNumber(block: Buffer, start: number, length: number): number {
  if (block[start]! < 0x80) {
    const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', start, start + length))?.[1];
    if (digits === undefined) throw new TarFault('a header with a number that is none');
    return Number.parseInt(digits, 8);
  }
  if (block[start] !== 0x80) throw new TarFault('a header with a number that is negative or too large');
  let value = 0;
  for (const byte of block.subarray(start + 1, start + length)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new TarFault('a header with a number that is negative or too large');
  return value;
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockSize; index += 1) if (index < 148 || index >= 156) sum += block[index]!;
  if (sum !== readNumber(block, 148, 8)) throw new TarFault('a header with a wrong checksum');
}

/** Reads a header of ustar, or of the formats of GNU and of Unix version 7. */
export function readTarHeader(block: Buffer): TarHeader {
  checkSum(block);
  const name = field(block, 0, 100);
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  // star has a shorter prefix, so that not all readers would find the same name.
  if (isUstar && block.toString('latin1', 508) === 'tar\0') throw new TarFault('a header of star');
  const prefix = isUstar ? field(block, 345, 155) : nothing;
  return {
    type: String.fromCharCode(block[156]!),
    // A copy, because the block is used again.
    path: prefix.length === 0 ? Buffer.from(name) : Buffer.concat([prefix, Buffer.from('/'), name]),
    size: readNumber(block, 124, 12),
  };
}

/** Adds what was read to what is known of the next entry. Two names could be read differently, so they are refused. */
function addHint(hints: EntryHints, more: EntryHints): void {
  if (more.path && (more.path.length === 0 || more.path.length > maxPath || more.path.includes(0)))
    throw new TarFault('a name that is empty or too long');
  if ((hints.path && more.path) || (hints.size !== undefined && more.size !== undefined))
    throw new TarFault('an entry that says twice what it is');
  Object.assign(hints, more);
}

/** Reads the long name of GNU, which ends with a zero. */
export function readLongName(bytes: Buffer, hints: EntryHints): void {
  addHint(hints, { path: bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes });
}

function readSize(value: Buffer): number {
  const size = /^\d{1,16}$/.test(value.toString('latin1')) ? Number(value.toString('latin1')) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new TarFault('a size that is none');
  return size;
}

/** Reads the records of a pax header (POSIX.1-2017, pax): `LENGTH KEYWORD=VALUE` and a line feed. */
export function readPax(bytes: Buffer, hints: EntryHints): void {
  for (let at = 0; at < bytes.length;) {
    const [, digits] = /^([1-9]\d{0,5}) /.exec(bytes.toString('latin1', at, at + 7)) ?? [];
    const end = at + Number(digits);
    const start = at + (digits?.length ?? 0) + 1;
    const equals = bytes.indexOf('=', start);
    if (!(end <= bytes.length) || bytes[end - 1] !== 0x0a || equals === -1 || equals >= end)
      throw new TarFault('a pax header that is not well-formed');
    const keyword = bytes.toString('latin1', start, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    if (keyword.startsWith('GNU.sparse.')) throw new TarFault('a sparse file');
    if (keyword === 'path') addHint(hints, { path: value });
    else if (keyword === 'size') addHint(hints, { size: readSize(value) });
    at = end;
  }
}

/** Returns an entry with what preceded it. */
export function withHints(header: TarHeader, { path = header.path, size = header.size }: EntryHints): TarHeader {
  // Readers that do not know pax would take the other size, and find other files.
  if (size !== header.size && (header.size !== 0 || size <= maxOctal)) throw new TarFault('a file with two sizes');
  if (path.length === 0) throw new TarFault('a name that is empty or too long');
  return { ...header, path, size };
}
