import type { Exchange } from './exchange.ts';

/**
 * Reports whether the client has gone, or was told that its bytes are not HTTP. The rest of a body can show that while
 * its head is judged, and the connection stays open until the client has read so.
 */
export function clientIsGone({ request: { socket }, response }: Pick<Exchange, 'request' | 'response'>): boolean {
  return response.destroyed || socket.destroyed || socket.writableEnded;
}
