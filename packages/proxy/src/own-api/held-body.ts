import type { IncomingMessage } from 'node:http';

const held = new WeakMap<IncomingMessage, Buffer>();

/** Keeps the body of a request that was read, for when the request is passed on. */
export function holdBody(request: IncomingMessage, body: Buffer): void {
  held.set(request, body);
}

/** Returns the body of a request if it was read. */
export function heldBody(request: IncomingMessage): Buffer | undefined {
  return held.get(request);
}
