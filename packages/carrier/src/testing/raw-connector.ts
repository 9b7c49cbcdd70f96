import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { openWebSocket } from '../connector/upgrade.ts';
import { WebSocketBytes } from '../shared/web-socket-bytes.ts';
import { dialHere } from './index.ts';

/** Does what a connector does up to the WebSocket, to go on in another way. */
export async function openRaw(url: URL): Promise<{ socket: Socket; bytes: WebSocketBytes }> {
  const { socket, head } = await openWebSocket({ url, connectSocket: dialHere }, AbortSignal.timeout(60_000));
  const bytes = new WebSocketBytes({ socket, head, side: 'connector', onAlive() {} });
  bytes.on('error', () => {});
  return { socket, bytes };
}

/** Begins TLS with options of the caller's own. */
export function beginRawTls(bytes: WebSocketBytes, options: ConnectionOptions): TLSSocket {
  const secure = connect({ ...options, socket: bytes });
  secure.on('error', () => {});
  return secure;
}
