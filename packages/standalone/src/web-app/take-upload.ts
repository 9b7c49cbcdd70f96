import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Reads the body of a request without keeping it, and tells how long it was and its SHA-256. */
export function takeUpload(
  request: IncomingMessage,
  tell: (received: { bytes: number; sha256: string }) => void,
): void {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  request.on('error', () => request.destroy());
  request.on('end', () => tell({ bytes, sha256: hash.digest('hex') }));
}
