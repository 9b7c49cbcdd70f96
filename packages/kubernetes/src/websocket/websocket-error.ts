import { closeCodes } from './websocket-frame.ts';

/** What the peer did wrong and the close code that says so. */
export class WebSocketError extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'WebSocketError';
    this.closeCode = closeCode;
  }
}

/** The error for a frame that breaks the protocol. */
export function protocolError(message: string): WebSocketError {
  return new WebSocketError(closeCodes.protocolError, message);
}
