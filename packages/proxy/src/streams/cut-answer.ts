import type { Exchange } from '../exchange/exchange.ts';

/**
 * Ends an answer that is not whole, in a way that its client cannot take for its end: no last chunk, fewer bytes than
 * were promised. Its connection goes as well where the turn of a pipelined answer has not come: Node would still send
 * what it keeps of one that was destroyed.
 */
export function cutAnswer({ response, connection }: Exchange): void {
  if (response.writableFinished) return; // its client has all of it, and may be asking for more
  response.destroy();
  connection.destroy();
}
