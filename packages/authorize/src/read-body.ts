import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

/** Reads a request's body as UTF-8 text; `too-large` beyond `maxBytes`, without reading on. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = () => reject(new ProblemError('too-large', `The body is larger than ${maxBytes} bytes.`));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        return tooLarge();
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8')));
    const brokeOff = () => reject(new ProblemError('bad-request', 'The body broke off.'));
    request.on('error', brokeOff);
    // Every request closes; an error made in vain costs its stack trace.
    request.on('close', () => {
      if (!request.complete) brokeOff();
    });
  });
}
