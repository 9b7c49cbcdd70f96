/** Builds a header of tar, of ustar unless another magic is given. */
export function tarHeader(entry: {
  path?: string;
  size?: number;
  rawSize?: Buffer;
  type?: string;
  magic?: string;
  prefix?: string;
  star?: boolean;
}): Buffer {
  const { path = 'x', size = 0, type = '0', magic = 'ustar\x0000', prefix = '' } = entry;
  const block = Buffer.alloc(512);
  block.write(path, 0, 100);
  block.write('0000644\0', 100);
  (entry.rawSize ?? Buffer.from(size.toString(8).padStart(11, '0'))).copy(block, 124);
  block.write(type, 156);
  block.write(magic, 257, 'latin1');
  block.write(prefix, 345);
  if (entry.star) block.write('tar\0', 508);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Puts content behind its header, filled up to whole blocks. */
export function pack(header: Buffer, text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** Builds a pax header with one record. */
export function pax(keyword: string, value: string, type = 'x'): Buffer {
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`);
  let length = rest;
  while (length !== rest + `${length}`.length) length = rest + `${length}`.length;
  return pack(tarHeader({ path: 'pax', type, size: length }), `${length} ${keyword}=${value}\n`);
}

export const tarEnd = Buffer.alloc(1024);
