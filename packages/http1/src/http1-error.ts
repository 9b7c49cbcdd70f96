export type Http1ErrorCode =
  /** The connection was not there in time. */
  | 'CONNECT_TIMEOUT'
  /** The head of the answer was not there in time. */
  | 'HEADERS_TIMEOUT'
  /** The other side closed the connection before its answer was whole. */
  | 'CLOSED'
  /** What came is no HTTP/1.1, or could be read in two ways. */
  | 'MALFORMED'
  /** The request holds what cannot be written in HTTP/1.1. */
  | 'INVALID_REQUEST'
  /** The client was closed. */
  | 'CLIENT_CLOSED';

/**
 * Why an exchange failed, where the system's own error (ECONNREFUSED and the like) does not say it. Never holds what
 * was sent or received.
 */
export class Http1Error extends Error {
  override readonly name = 'Http1Error';
  readonly code: Http1ErrorCode;

  constructor(code: Http1ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
