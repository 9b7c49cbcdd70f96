/** Returns a UUID of version 8 (RFC 9562) from the first bytes of a hash. */
export function uuidOf(hash: Buffer): string {
  const id = Buffer.from(hash.subarray(0, 16));
  id[6] = (id[6]! & 0x0f) | 0x80;
  id[8] = (id[8]! & 0x3f) | 0x80;
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
