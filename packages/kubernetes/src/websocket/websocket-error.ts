import { closeCodes } from './websocket-frame.ts';

/** An error of the peer, with the close code for it. */
export class WebSocketError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'WebSocketError';
    this.closeCode = closeCode;
  }
}

/** Creates the error for a frame that violates the protocol. */
export function protocolError(message: string): WebSocketError {
  return new WebSocketError(closeCodes.protocolError, message);
}
