import { carrierOf } from '@sallyport/http2';
import type { Exchange } from './exchange.ts';

/**
 * Reports whether the client has gone, or was told that its bytes are not HTTP. The rest of a body can show that while
 * its head is judged, and the connection stays open until the client has read so.
 */
export function clientIsGone({ request: { socket }, response }: Pick<Exchange, 'request' | 'response'>): boolean {
  return response.destroyed || socket.destroyed || socket.writableEnded;
}

/** Returns the protocol of the client's connection. A request over HTTP/2 may take its road as one of HTTP/1.1. */
export const protocolOf = ({ request }: Pick<Exchange, 'request'>): 'http/1.1' | 'http/2' =>
  request.isStream || carrierOf(request.socket) !== request.socket ? 'http/2' : 'http/1.1';

/** The connection closes if the body of a refused request is longer than this. A shorter one is read to its end. */
const maxDrainBytes = 1024 * 1024;

/** Reports whether the connection of a refused request closes after the response. */
export function closesConnection({ headers, request, upgrade, expectsContinue }: Exchange): boolean {
  if (upgrade || !headers || request.httpVersion !== '1.1') return true;
  // A client that waits for `100 Continue` may send its body all the same, or its next request. The gateway cannot tell
  // which.
  return !request.complete && (expectsContinue || headers.chunked || (headers.contentLength ?? 0) > maxDrainBytes);
}
