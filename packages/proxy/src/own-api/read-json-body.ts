import type { IncomingMessage } from 'node:http';
import { ProblemError, readBody } from '@sallyport/kit';

/**
 * Reads the JSON body of a call. Only `application/json`, which no form of another site can send unasked (Fetch
 * standard, 3.2). Throws 400, 413 or 415.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This call takes a body of the type application/json.');
  const bytes = await readBody(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not JSON.', { cause });
  }
}
