import type { Exchange } from '../exchange/exchange.ts';

/**
 * Ends an incomplete response so that its client cannot mistake it for a complete one: without the last chunk, or with
 * fewer bytes than promised. The connection is closed as well, because Node would still send what it has buffered of a
 * destroyed response that waits behind others on the connection.
 */
export function cutResponse({ response, connection }: Exchange): void {
  if (response.writableFinished) return; // the client has all of it, and may have sent its next request
  response.destroy();
  connection.destroy();
}
