type Http1ErrorCode =
  /** The connection was not established in time. */
  | 'CONNECT_TIMEOUT'
  /** The head of the response did not arrive in time. */
  | 'HEADERS_TIMEOUT'
  /** The server closed the connection before its response was complete. */
  | 'CLOSED'
  /** The server said that it did not process the request. Only HTTP/2 can say so. */
  | 'REFUSED'
  /** The response is not HTTP/1.1, or can be read in two ways. */
  | 'MALFORMED'
  /** The request cannot be written as HTTP/1.1. */
  | 'INVALID_REQUEST'
  /** The client was closed. */
  | 'CLIENT_CLOSED';

/**
 * The reason of a failed exchange, unless it is an error of the system (such as ECONNREFUSED). It never contains what was
 * sent or received.
 */
export class Http1Error extends Error {
  override readonly name = 'Http1Error';
  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
