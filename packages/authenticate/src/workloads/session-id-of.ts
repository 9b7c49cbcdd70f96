import { hash } from 'node:crypto';

/**
 * Returns the ID of the session of a token: a UUID (version 8) made from what its signature covers. An ECDSA signature
 * can be changed into another valid one without the key. The altered token has another hash, but the same session ID, so
 * that it cannot begin a second session after the first was revoked.
 */
export function sessionIdOf(signed: string): string {
  const bytes = hash('sha256', `sallyport workload\0${signed}`, 'buffer').subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
