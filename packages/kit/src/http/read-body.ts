import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problem/problem-error.ts';

/**
 * Reads the body of a request. Rejects with `too-large` beyond `maxBytes` without keeping the rest, and with
 * `bad-request` if the body ends early.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new ProblemError('too-large', `The body is larger than ${maxBytes} bytes.`));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      // The rest is read and dropped, so that the client receives the answer instead of a reset connection.
      else if (size - chunk.length <= maxBytes) tooLarge();
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const endedEarly = () => reject(new ProblemError('bad-request', 'The body ended early.'));
    request.on('error', endedEarly);
    request.on('close', () => {
      // Every request closes, and creating an unused error would still cost its stack trace.
      if (!request.complete) endedEarly();
    });
  });
}

/** Reads the body of a request as UTF-8 text. */
export async function readBodyText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return (await readBody(request, maxBytes)).toString('utf8');
}
