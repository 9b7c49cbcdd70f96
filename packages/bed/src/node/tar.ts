export type TarEntry =
  | { path: string; kind: 'file'; data: Buffer; mode?: number }
  | { path: string; kind: 'link'; target: string }
  | { path: string; kind: 'directory'; mode?: number };

const BLOCK = 512;
const TYPES = { file: '0', link: '2', directory: '5' } as const;

/** Writes a tar archive in ustar format (POSIX.1-1988), owned by root, without times so that it is reproducible. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const data = entry.kind === 'file' ? entry.data : Buffer.alloc(0);
    return [header(entry, data.length), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const mode = entry.kind === 'link' ? 0o777 : (entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644));
  put(block, entry.path, 0, 100);
  put(block, octal(mode, 7), 100, 8);
  put(block, octal(0, 7), 108, 8);
  put(block, octal(0, 7), 116, 8);
  put(block, octal(size, 11), 124, 12);
  put(block, octal(0, 11), 136, 12);
  // The checksum treats its own field as blanks.
  put(block, ' '.repeat(8), 148, 8);
  put(block, TYPES[entry.kind], 156, 1);
  if (entry.kind === 'link') put(block, entry.target, 157, 100);
  put(block, 'ustar\0' + '00', 257, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, `${octal(sum, 6)}\0 `, 148, 8);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function put(block: Buffer, text: string, offset: number, room: number): void {
  if (Buffer.byteLength(text) > room) throw new Error(`"${text}" is too long for a tar header`);
  block.write(text, offset);
}
