/** Makes a header of the PROXY protocol, version 2. `more` is the length of what follows the addresses. */
export function binaryHeader({
  command = 0x21,
  family,
  source,
  more = 0,
}: {
  command?: number;
  family: number;
  source: readonly number[];
  more?: number;
}): Buffer {
  const ports = source.length === 0 ? [] : [0x9c, 0x40, 0x01, 0xbb];
  const addresses = Buffer.from([...source, ...source, ...ports]);
  const head = Buffer.from([...Buffer.from('0d0a0d0a000d0a515549540a', 'hex'), command, family, 0, 0]);
  head.writeUInt16BE(addresses.length + more, 14);
  return Buffer.concat([head, addresses, Buffer.alloc(more)]);
}
