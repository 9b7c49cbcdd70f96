import type { IncomingMessage } from 'node:http';
import { ProblemError } from '@sallyport/kit';

/** The body's bytes; what comes beyond `maxBytes` is not kept, and not waited for. */
function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new ProblemError('too-large', `The body is larger than ${maxBytes} bytes.`));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      // The rest is let run out, so that the client hears the answer instead of a broken connection.
      else tooLarge();
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    const brokeOff = () => reject(new ProblemError('bad-request', 'The body broke off.'));
    request.on('error', brokeOff);
    request.on('close', brokeOff);
  });
}

/**
 * Reads the JSON body of a call. Only `application/json`, which no form of another site can send unasked (Fetch
 * standard, 3.2). Throws 400, 413 or 415.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This call takes a body of the type application/json.');
  const bytes = await readBytes(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is no JSON.', { cause });
  }
}
