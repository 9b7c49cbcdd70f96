import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  acceptKey,
  closeCodes,
  encodeClose,
  encodeFrame,
  isWebSocketKey,
  opcodes,
  WebSocketError,
} from '@sallyport/kubernetes';
import { MessageReader } from '@sallyport/practice-cluster';

const maxMessage = 1024 * 1024;

function reply(socket: Duplex, event: ReturnType<MessageReader['push']>[number]): void {
  if (event.type === 'pong') return;
  if (event.type === 'close') return void socket.end(encodeClose(event.code === 1005 ? closeCodes.normal : event.code));
  const opcode = event.type === 'ping' ? opcodes.pong : opcodes[event.type];
  if (socket.write(encodeFrame({ opcode, payload: event.data }))) return;
  // A client that does not read gets no more than this.
  socket.pause();
  socket.once('drain', () => socket.resume());
}

/** Opens a WebSocket that sends back each message. Returns false if the request is no handshake (RFC 6455, 4.2.1). */
export function openEcho({ headers }: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  const key = headers['sec-websocket-key'] ?? '';
  if (headers.upgrade?.toLowerCase() !== 'websocket' || headers['sec-websocket-version'] !== '13') return false;
  if (!isWebSocketKey(key)) return false;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
  );
  const reader = new MessageReader({ expectMasked: true, maxPayload: maxMessage, maxMessage });
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const event of reader.push(chunk)) reply(socket, event);
    } catch (error) {
      socket.end(encodeClose(error instanceof WebSocketError ? error.closeCode : closeCodes.internalError));
    }
  });
  socket.on('end', () => socket.end());
  if (head.length > 0) socket.unshift(head);
  return true;
}
