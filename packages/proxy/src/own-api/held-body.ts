import type { IncomingMessage } from 'node:http';
import { readBody } from '@sallyport/kit';

const held = new WeakMap<IncomingMessage, Buffer>();

/** Reads the body of a request that can still be passed on. Throws 413 for a longer one. */
export async function holdBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = await readBody(request, maxBytes);
  held.set(request, body);
  delete request.headers['transfer-encoding'];
  request.headers['content-length'] = String(body.length);
  return body;
}

/** Returns the body that was read, if it was. */
export const heldBodyOf = (request: IncomingMessage): Buffer | undefined => held.get(request);
