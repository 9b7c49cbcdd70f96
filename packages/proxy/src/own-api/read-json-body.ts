import type { IncomingMessage } from 'node:http';
import { ProblemError, readBody } from '@sallyport/kit';

/**
 * Reads the JSON body of a call. Accepts only `application/json`, which no form of another site can send without a
 * preflight (Fetch standard, 3.2). Throws 400, 413 or 415.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This call accepts a body of type application/json only.');
  const bytes = await readBody(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not JSON.', { cause });
  }
}
