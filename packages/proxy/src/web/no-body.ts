import { Stream } from 'node:stream';

/**
 * Stands for the body of a request that has none. Piping the client's request would have the same effect, but Node
 * would connect two streams for it.
 */
class NoBody extends Stream {
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    destination.end();
    return destination;
  }
}

/** The body of all requests that have none. It has no state. */
export const noBody: Stream = new NoBody();
